"""Questions over a WebSocket: each message asks one, and the answer comes as messages before the next is taken."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from analysis.answers_serializers import QuestionInput
from analysis.answers_stream import Event, Question, problem_of, told
from config import throttling
from config.requests import checked
from documents.errors import DomainError, InvalidInput
from documents.models import User
from jobs.consumers import SLOW_SECONDS, Receive, Scope, Send, Visit, serve
from jobs.feeds import in_thread


async def ask_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """`/ws/ask/`: takes what `POST /api/v1/ask` takes."""
    await serve(scope, receive, send, _talk)


async def _talk(receive: Receive, send: Send, visit: Visit) -> None:
    """Answers until the client leaves, which also stops an answer that is under way."""
    hearing = asyncio.ensure_future(receive())
    try:
        while (message := await hearing)["type"] != "websocket.disconnect":
            answering = asyncio.create_task(_answer(message, send, visit))
            hearing = asyncio.ensure_future(receive())
            await asyncio.wait({answering, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if hearing.done() and hearing.result()["type"] == "websocket.disconnect":
                answering.cancel()
            await asyncio.wait({answering})
            if answering.cancelled() or not answering.result():
                return
    finally:
        hearing.cancel()
        await asyncio.wait({hearing})


async def _answer(message: Mapping[str, Any], send: Send, visit: Visit) -> bool:
    """Whether the client took it all; one that has not taken a message in a while is dropped."""
    try:
        question = await in_thread(_question, message.get("text") or "", visit.user)
    except DomainError as error:
        return await _say(send, {"type": "error", "problem": problem_of(visit.request, error)})
    async for event in told(question, visit.user, visit.request):
        if not await _say(send, event):
            return False
    return True


def _question(text: str, user: User) -> Question:
    """Raises DomainError for what is no question, or one too many."""
    throttling.REQUESTS.spend(f"user:{user.pk}", "WS", "ask")
    try:
        given = checked(QuestionInput, json.loads(text))
    except (ValueError, ValidationError):
        detail = 'Send {"question": …} with 1 to 1,000 characters, and document_ids and conversation if you like.'
        raise InvalidInput("not_a_question", detail) from None
    return Question(given["question"], tuple(given["document_ids"]), given["conversation"])


async def _say(send: Send, event: Event) -> bool:
    try:
        async with asyncio.timeout(SLOW_SECONDS):
            await send({"type": "websocket.send", "text": json.dumps(event, ensure_ascii=False)})
    except (TimeoutError, OSError):
        return False
    return True
