"""The sentences of every problem, Chinese and English, gathered from the features."""

from __future__ import annotations

from bids.messages import MESSAGES as BID_MESSAGES
from trading.accounts.messages import MESSAGES as ACCOUNTS
from trading.audit.messages import MESSAGES as AUDIT
from trading.awards.messages import MESSAGES as AWARDS
from trading.custody.messages import MESSAGES as CUSTODY
from trading.evaluation.messages import MESSAGES as EVALUATION
from trading.evidence.messages import MESSAGES as EVIDENCE
from trading.opening.messages import MESSAGES as OPENING
from trading.operating.messages import MESSAGES as OPERATING
from trading.results.messages import MESSAGES as RESULTS
from trading.sign_in.messages import MESSAGES as SIGN_IN
from trading.submission.messages import MESSAGES as SUBMISSION
from trading.supervision.messages import MESSAGES as SUPERVISION
from trading.tenders.messages import CHINESE
from trading.tenders.messages import MESSAGES as TENDERS
from trading.timestamps.messages import MESSAGES as TIMESTAMPS
from trading.unlocking.messages import MESSAGES as UNLOCKING
from trading.web.forms import Both

COMMON = {
    "internal": (
        "平台内部出错，本次操作没有生效。请稍后重试；如仍出错，请联系平台运营机构。",
        "Something went wrong inside the platform and nothing was changed. Try again later; if it persists, "
        "tell the operator.",
    ),
    "not-found": ("没有这个地址或对象。请核对地址。", "There is nothing at this address. Check the address."),
    "method-not-allowed": (
        "此地址不支持 {method} 方法。请改用 Allow 头列出的方法。",
        "This address does not take {method}. Use one of the methods in the Allow header.",
    ),
    "forbidden": (
        "您当前的身份无权进行此项操作。请使用有权机构和角色的令牌。",
        "You may not do this in your present role. Use a token of an organisation and role that may.",
    ),
    "token-missing": (
        "此项操作需要令牌。请在 Authorization 头中以 Bearer 方式提交。",
        "This needs a token. Send it in the Authorization header as Bearer.",
    ),
    "token-invalid": (
        "令牌无效、已过期或已撤销。请向平台运营机构申请新令牌。",
        "The token is wrong, expired or revoked. Ask the operator for a new one.",
    ),
    "request-invalid": (
        "请求内容不符合接口文档，共 {count} 处；详见 errors。请更正后重新提交。",
        "The request does not fit the API document in {count} place(s), listed in errors. Correct it and "
        "send it again.",
    ),
    "body-malformed": (
        "请求正文不是有效的 UTF-8 JSON。请更正后重新提交。",
        "The body is not valid UTF-8 JSON. Correct it and send it again.",
    ),
    "body-too-large": (
        "请求正文超过 {limit} 字节的上限。请减小内容，或按接口文档分段上传。",
        "The body is larger than the limit of {limit} bytes. Make it smaller, or upload in parts.",
    ),
    "body-cut-off": (
        "请求正文在所写明的长度之前中断。请重新提交。",
        "The body ended before its announced length. Send it again.",
    ),
    "length-required": (
        "请求正文没有 Content-Length。请写明长度后重新提交。",
        "The body comes without a Content-Length. Send it again with its length.",
    ),
    "address-malformed": (
        "请求地址不是有效的 UTF-8 文本。请核对地址。",
        "The address is not valid UTF-8 text. Check the address.",
    ),
    "too-many-wrong-tokens": (
        "来自您网络地址的错误令牌过多。请核对令牌，{seconds} 秒后再试。",
        "Too many wrong tokens came from your network address. Check the token and try again in {seconds} s.",
    ),
    "unavailable": (
        "平台暂时无法处理请求，本次操作没有生效。请稍后重试。",
        "The platform cannot work on this now and nothing was changed. Try again in a moment.",
    ),
    "http-error": (
        "服务器无法接受此请求（HTTP {status}）。请核对请求。",
        "The server cannot take this request (HTTP {status}). Check the request.",
    ),
    "busy": (
        "另一请求正在处理同一事项。请重新读取后再试。",
        "Another request is working on the same thing. Read it again and retry.",
    ),
    "idempotency-key-malformed": (
        "Idempotency-Key 须为 1 至 255 个可打印的 ASCII 字符。",
        "The Idempotency-Key must be 1 to 255 printable ASCII characters.",
    ),
    "idempotency-key-reused": (
        "此 Idempotency-Key 已用于另一个不同的请求。请换用新的键。",
        "This Idempotency-Key was used for a different request. Use a new key.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {
    **COMMON,
    **BID_MESSAGES,
    **ACCOUNTS,
    **AUDIT,
    **TENDERS,
    **TIMESTAMPS,
    **UNLOCKING,
    **OPERATING,
    **SIGN_IN,
    **SUPERVISION,
    **SUBMISSION,
    **CUSTODY,
    **OPENING,
    **RESULTS,
    **EVALUATION,
    **AWARDS,
    **EVIDENCE,
}


def both(code: str, params: dict[str, str]) -> Both:
    """The sentence of a code in both languages."""
    return Both(sentence(code, params, "zh"), sentence(code, params, "en"))


def sentence(code: str, params: dict[str, str], language: str) -> str:
    """The sentence of a code in `zh` or `en`, its values filled in."""
    chinese, english = MESSAGES.get(code, (code, code))
    if language != "zh":
        return english.format_map(_Filled(params))
    named = {name: CHINESE.get(name, {}).get(value, value) for name, value in params.items()}
    return chinese.format_map(_Filled(named))


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
