"""All settings, in one file, from the environment. What is missing or nonsense stops the start with a sentence."""

from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from config import database, env, llm, logs, storage

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / ".data")
MODELS_DIR = env.folder("MODELS_DIR", DATA_DIR / "models")  # what is built once of the weights that packages bring

# --- Security -------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` makes one and keeps it; elsewhere set 50 random characters."
    )
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = env.items("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "last-event-id", "x-guest-token", "x-request-id"]
CORS_EXPOSE_HEADERS = ["X-Request-ID", "ETag", "Location", "Retry-After", "Idempotency-Replayed", "X-Guest-Token"]
HTTPS = env.flag("HTTPS")  # set it behind a proxy that speaks TLS and sets X-Forwarded-Proto
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come straight to the process
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],  # boxes on a page are placed by inline styles
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django_dramatiq",  # the first: it sets the broker that our actors are declared on
    "config",
    "documents",
    "jobs",
    "analysis",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.middleware.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.ProblemMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "config.middleware.TenantMiddleware",  # the last: it wraps the view in the scope of its user
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "documents.User"
AUTHENTICATION_BACKENDS = ["config.logins.GuardedBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Database: the truth. Web and workers connect as a role that owns nothing, migrations as DATABASE_OWNER_URL -------
DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql://vouch_app@localhost/vouch"))}
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "prepare_threshold": 3,  # for the statements of documents/sql.py; Django's own are never prepared
    "tcp_user_timeout": 30_000,  # milliseconds; keepalives are silent while an answer to what was sent is awaited
}
DATABASES["default"]["TEST"] = {"NAME": env.text("TEST_DATABASE_NAME", "test_vouch")}
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 10)  # per process; 0: no pool
DATABASE_POOL_WAITING = env.number("DATABASE_POOL_WAITING", 200, at_least=1)
DATABASE_POOL_SECONDS = env.number("DATABASE_POOL_SECONDS", 5, at_least=1)
DATABASE_STATEMENT_SECONDS = env.number("DATABASE_STATEMENT_SECONDS", 0)  # config/asgi.py sets it for the web server
DATABASE_PERSISTENT = env.flag("DATABASE_PERSISTENT")  # a connection for each thread, and no pool: for workers
if DATABASE_PERSISTENT:
    DATABASES["default"]["CONN_MAX_AGE"] = None
elif DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = database.pool(
        DATABASE_POOL_SIZE, waiting=DATABASE_POOL_WAITING, seconds=DATABASE_POOL_SECONDS
    )
if DATABASE_STATEMENT_SECONDS:
    DATABASES["default"]["OPTIONS"]["options"] = database.timeouts(DATABASE_STATEMENT_SECONDS)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a restart of the server is not found out by ten requests
# A client that was frozen in a transaction loses its locks; longer than any answer of the storage is waited for.
DATABASES["default"]["OPTIONS"]["options"] = " ".join(
    [DATABASES["default"]["OPTIONS"].get("options", ""), "-c idle_in_transaction_session_timeout=60s"]
).strip()
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL")

# --- Storage of the documents' bytes --------------------------------------------------------------------------------
STORAGES = {
    "default": storage.backend(DATA_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.folder("STATIC_ROOT", DATA_DIR / "static")

# --- Broker: only a wake-up call ------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
DRAMATIQ_BROKER = {
    "BROKER": "jobs.broker.RedisBroker",
    "OPTIONS": {"url": REDIS_URL},
    "MIDDLEWARE": [
        "dramatiq.middleware.TimeLimit",
        "jobs.worker.WorkerMiddleware",
        "analysis.warming.WarmUp",
        "django_dramatiq.middleware.DbConnectionsMiddleware",
    ],
}
DRAMATIQ_AUTODISCOVER_MODULES = ["actors"]
DRAMATIQ_AUTODISCOVER_TASKS = True

# --- News of jobs for those who watch: lost with Redis, then found in the database --------------------------------
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "prefix": "vouch",
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_connect_timeout": 2,
                    "socket_keepalive": True,
                    "health_check_interval": 15,
                }
            ],
        },
    }
}

# --- The job engine -------------------------------------------------------------------------------------------------
JOBS_LEASE_SECONDS = env.number("JOBS_LEASE_SECONDS", 15, at_least=1)
JOBS_MAX_ATTEMPTS = 1 + env.number("JOBS_RETRIES", 3)
JOBS_RETRY_BASE_SECONDS = env.number("JOBS_RETRY_BASE_SECONDS", 3)
JOBS_TASK_SECONDS = env.number("JOBS_TASK_SECONDS", 1_500, at_least=1)  # then the task has failed
JOBS_GRACE_SECONDS = env.number("JOBS_GRACE_SECONDS", 25)  # for what runs to end when a worker is told to
JOBS_ACTIVE_PER_USER = env.number("JOBS_ACTIVE_PER_USER", 2)  # more of them wait; 0: no limit
WORKER_MAX_TASKS = env.number("WORKER_MAX_TASKS", 2_000, at_least=1)  # then the process is replaced
WORKER_MAX_MEMORY_MB = env.number("WORKER_MAX_MEMORY_MB", 2_048, at_least=256)  # resident, without its children
MAINTENANCE_CRON = env.text("MAINTENANCE_CRON", "0 2 * * *")  # in TIME_ZONE
JOBS_KEEP_DAYS = env.number("JOBS_KEEP_DAYS", 0)  # jobs that ended without a result; 0: for ever
JOBS_KEEP_EVENTS_DAYS = env.number("JOBS_KEEP_EVENTS_DAYS", 90)  # tasks and events of jobs that are done; 0: for ever
QUERIES_KEEP_DAYS = env.number("QUERIES_KEEP_DAYS", 365)  # questions and their answers; 0: for ever
WEBHOOKS_KEEP_DAYS = env.number("WEBHOOKS_KEEP_DAYS", 30)  # deliveries that ended; 0: for ever

# --- Webhooks -------------------------------------------------------------------------------------------------------
WEBHOOKS_TIMEOUT_SECONDS = env.number("WEBHOOKS_TIMEOUT_SECONDS", 15, at_least=1)
WEBHOOKS_RETRY_SECONDS = env.numbers("WEBHOOKS_RETRY_SECONDS", "5,30,120,600,3600,21600,86400")
WEBHOOKS_ALLOW_PRIVATE = env.networks("WEBHOOKS_ALLOW_PRIVATE")

# --- Limits and budgets ---------------------------------------------------------------------------------------------
MAX_UPLOAD_MB = env.number("MAX_UPLOAD_MB", 50, at_least=1)
REVIEWS_MAX_MB = env.number("REVIEWS_MAX_MB", 10, at_least=1)  # of a file of reviews
MAX_PAGES = env.number("MAX_PAGES", 2_000, at_least=1)
MAX_PIXELS = env.number("MAX_PIXELS", 50_000_000, at_least=1)
SANDBOX_MEMORY_MB = env.number("SANDBOX_MEMORY_MB", 2_048, at_least=256)
SANDBOX_PAGE_SECONDS = env.number("SANDBOX_PAGE_SECONDS", 60, at_least=1)
READ_PAGES_PER_TASK = env.number("READ_PAGES_PER_TASK", 8, at_least=1)
REVIEWS_GUESTS = env.flag("REVIEWS_GUESTS")  # whether reviews are judged for people without an account
GUEST_HOURS = env.number("GUEST_HOURS", 24, at_least=1)  # then a guest is removed, with all that was sent
GUEST_MAX_MB = env.number("GUEST_MAX_MB", 1, at_least=1)  # of a guest's file
GUEST_UPLOADS_PER_DAY = env.number("GUEST_UPLOADS_PER_DAY", 5)  # from one address
GUEST_REQUESTS_PER_HOUR = env.number("GUEST_REQUESTS_PER_HOUR", 200)  # from one address, to all routes together
UPLOADS_PER_DAY = env.number("UPLOADS_PER_DAY", 30)  # of each user; here and below 0 is no limit
POLLS_PER_MINUTE = env.number("POLLS_PER_MINUTE", 10)  # of each user, for each job
REQUESTS_PER_HOUR = env.number("REQUESTS_PER_HOUR", 1_000)  # of each user, to each route of the API
STREAMS_PER_USER = env.number("STREAMS_PER_USER", 50, at_least=1)  # open at once, in each web process
LOGIN_FAILURES_PER_HOUR = env.number("LOGIN_FAILURES_PER_HOUR", 20)  # for a name from an address
IDEMPOTENCY_HOURS = env.number("IDEMPOTENCY_HOURS", 24, at_least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a long invoice in the review has some hundred lines of six fields
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Engines, each a dotted path ------------------------------------------------------------------------------------
OCR_ENGINE = env.text("OCR_ENGINE", "analysis.engines.ocr.rapid.RapidOcr")
OCR_THREADS = env.number("OCR_THREADS", 1, at_least=1)
OCR_RUNTIME = env.text("OCR_RUNTIME", "auto")
if OCR_RUNTIME not in ("auto", "openvino", "onnxruntime"):
    raise ImproperlyConfigured('OCR_RUNTIME must be "auto", "openvino" or "onnxruntime".')
OCR_ALPHABET = env.text("OCR_ALPHABET", "latin")
if OCR_ALPHABET not in ("latin", "all"):
    raise ImproperlyConfigured('OCR_ALPHABET must be "latin" or "all".')
SENTIMENT_ENGINE = env.text("SENTIMENT_ENGINE", "analysis.sentiment.own.Own")
SENTIMENT_MODEL = env.text("SENTIMENT_MODEL")  # the folder of analysis.sentiment.onnx.Transformer
if SENTIMENT_ENGINE == "analysis.sentiment.onnx.Transformer" and not SENTIMENT_MODEL:
    raise ImproperlyConfigured("SENTIMENT_ENGINE runs a transformer: set SENTIMENT_MODEL to the folder of its files.")
CHUNK_TOKENS = env.number("CHUNK_TOKENS", 200, at_least=50)  # of a passage, about
CHUNK_OVERLAP = env.number("CHUNK_OVERLAP", 30)  # tokens of sentences that a passage repeats of the one before
if CHUNK_TOKENS > 400 or CHUNK_OVERLAP * 2 > CHUNK_TOKENS:
    raise ImproperlyConfigured("CHUNK_TOKENS must be at most 400, and CHUNK_OVERLAP at most half of it.")
CACHE_HOURS = env.number("CACHE_HOURS", 24)  # what was read is kept in Redis for reading it again; 0 keeps nothing
CACHE_MAX_MB = env.number("CACHE_MAX_MB", 128, at_least=1)  # of all that is kept so; the oldest goes first

# --- A language model behind an OpenAI-compatible server; without an address nothing is asked ------------------------
LLM_URL = llm.address("LLM_URL", env.text("LLM_URL"))
LLM_MODEL = env.text("LLM_MODEL")
if LLM_URL and not LLM_MODEL:
    raise ImproperlyConfigured("LLM_URL is set, LLM_MODEL is not. Name the model that the server shall answer with.")
LLM_API_KEY = env.text("LLM_API_KEY")
LLM_TIMEOUT_SECONDS = env.number("LLM_TIMEOUT_SECONDS", 60, at_least=1)  # for a question, with all its attempts
LLM_PARAMETERS = llm.parameters(env.text("LLM_PARAMETERS", '{"temperature": 0, "max_tokens": 4000}'))
LLM_KEEP_ALIVE = env.text("LLM_KEEP_ALIVE")  # Ollama's: how long it keeps the model after a question
LLM_DOCUMENT_TYPES = env.items("LLM_DOCUMENT_TYPES")  # whose fields it is asked for; empty: all
LLM_DOCUMENT_TOKENS = env.number("LLM_DOCUMENT_TOKENS", 6_000, at_least=500)  # of a document's text in a question
LLM_IMAGES = env.number("LLM_IMAGES", 0)  # how many page images go along, to models that see
LLM_PRICES = llm.prices(env.items("LLM_PRICES", "0,0"))  # of a million tokens: question, answer

# --- Embeddings: made here, or by an OpenAI-compatible server where one is named ------------------------------------
EMBEDDING_URL = llm.address("EMBEDDING_URL", env.text("EMBEDDING_URL"))
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL")
if EMBEDDING_URL and not EMBEDDING_MODEL:
    raise ImproperlyConfigured("EMBEDDING_URL is set, EMBEDDING_MODEL is not. Name the model that makes the vectors.")
EMBEDDING_API_KEY = env.text("EMBEDDING_API_KEY")
EMBEDDING_DIMENSIONS = env.number("EMBEDDING_DIMENSIONS", 0)  # asked for; 0: as many as the model has
EMBEDDING_PREFIXES = llm.prefixes(env.text("EMBEDDING_PREFIXES", '["", ""]'))  # of queries, of passages
EMBEDDING_TIMEOUT_SECONDS = env.number("EMBEDDING_TIMEOUT_SECONDS", 30, at_least=1)  # for a batch, all its attempts
EMBED_SENTENCES = env.flag("EMBED_SENTENCES", True)  # vectors of sentences, too: found better, at twice the work
EMBEDDER = env.text("EMBEDDER", f"analysis.engines.embedding.{'openai.OpenAi' if EMBEDDING_URL else 'e5.E5'}")
if EMBEDDER == "analysis.engines.embedding.openai.OpenAi" and not EMBEDDING_URL:
    raise ImproperlyConfigured("EMBEDDER asks a server: set EMBEDDING_URL and EMBEDDING_MODEL.")

# --- Pictures: found by what they show, where a server of a CLIP-like model is named ---------------------------------
PICTURE_EMBEDDER_URL = llm.address("PICTURE_EMBEDDER_URL", env.text("PICTURE_EMBEDDER_URL"))
PICTURE_EMBEDDER_MODEL = env.text("PICTURE_EMBEDDER_MODEL")
if PICTURE_EMBEDDER_URL and not PICTURE_EMBEDDER_MODEL:
    raise ImproperlyConfigured("PICTURE_EMBEDDER_URL is set, PICTURE_EMBEDDER_MODEL is not. Name the server's model.")
PICTURE_EMBEDDER_API_KEY = env.text("PICTURE_EMBEDDER_API_KEY")
PICTURE_EMBEDDER_TIMEOUT_SECONDS = env.number("PICTURE_EMBEDDER_TIMEOUT_SECONDS", 30, at_least=1)  # for 16 pictures
PICTURES_PER_DOCUMENT = env.number("PICTURES_PER_DOCUMENT", 200)  # that are embedded, the first ones

# --- Approval without a person --------------------------------------------------------------------------------------
APPROVAL_PRECISION = env.number("APPROVAL_PRECISION", 99)  # per cent of such values that are right; 0: approve none
APPROVAL_SAMPLE_PERCENT = env.number("APPROVAL_SAMPLE_PERCENT", 1)  # of them, which people review all the same
if APPROVAL_PRECISION > 99 or APPROVAL_SAMPLE_PERCENT > 100:
    raise ImproperlyConfigured("APPROVAL_PRECISION must be at most 99, and APPROVAL_SAMPLE_PERCENT at most 100.")

# --- A remote parsing service for pages that can't be read here; without an address nothing is sent -----------------
REMOTE_PARSER_URL = llm.address("REMOTE_PARSER_URL", env.text("REMOTE_PARSER_URL"))
REMOTE_PARSER_KEY = env.text("REMOTE_PARSER_KEY")
REMOTE_PARSER_TIMEOUT_SECONDS = env.number("REMOTE_PARSER_TIMEOUT_SECONDS", 300, at_least=1)  # for one run of pages

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["config.throttling.RequestsPerHour", "config.throttling.PollsPerMinute"],
    "EXCEPTION_HANDLER": "config.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.number("ACCESS_TOKEN_MINUTES", 60, at_least=1)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.number("REFRESH_TOKEN_DAYS", 7, at_least=1)),
    "CHECK_REVOKE_TOKEN": True,  # a changed password ends the tokens made with the old one
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vouch",
    "DESCRIPTION": "Documents in; checked, searchable, structured data out. Every value can be vouched for.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {"StatusEnum": "jobs.models.Status", "SentimentEnum": "analysis.models.reviews.Label"},
}

# --- What operators watch -------------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = "config.logs.configure"
LOGGING = logs.settings(LOG_LEVEL, as_json=env.flag("LOG_JSON", not DEBUG))
PROMETHEUS_EXPORT_MIGRATIONS = False
WORKER_METRICS_PORT = env.number("WORKER_METRICS_PORT", 0)  # where workers and the sweeper serve theirs; 0: nowhere
METRICS_TOKEN = env.text("METRICS_TOKEN")  # for scrapers from elsewhere; without it only this machine may read
