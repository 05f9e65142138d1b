# syntax=docker/dockerfile:1
# One image for all roles: web (the default command), workers, sweeper, set-up. docker-compose.yml shows each.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /build/
# --no-deps: the pinned file is complete, and rapidocr would pull in an OpenCV that needs a display's libraries.
RUN /opt/venv/bin/pip install --no-deps --requirement /build/requirements.txt
COPY manage.py /app/
COPY config /app/config
COPY documents /app/documents
COPY jobs /app/jobs
COPY analysis /app/analysis
COPY templates /app/templates
COPY static /app/static
WORKDIR /app
# The key is for these commands, which sign nothing.
RUN export SECRET_KEY=collectstatic STATIC_ROOT=/app/collected MODELS_DIR=/app/models DATA_DIR=/tmp/data \
    && /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python manage.py build_models \
    && /opt/venv/bin/python -m compileall -q /app

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin vouch \
    && install --directory --owner vouch --group vouch --mode 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY LICENSE /app/
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    STATIC_ROOT=/app/collected \
    MODELS_DIR=/app/models \
    DATA_DIR=/data \
    OMP_NUM_THREADS=1 \
    dramatiq_restart_delay=1000
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost', 'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-access-log", "--ws-max-size", "65536", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "15"]
