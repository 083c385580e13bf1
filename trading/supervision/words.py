"""The words of acts that the public log has not."""

from __future__ import annotations

import re

from trading.web.forms import Both
from trading.web.messages import MESSAGES

_UNKNOWN = re.compile(r"\{\w+\}")

PRIVATE_ACTS = {
    "tender.drafted": ("起草标段", "Tender drafted"),
    "tender.changed": ("修改草稿", "Draft changed"),
    "amendment.prepared": ("准备更正公告", "Amendment prepared"),
    "amendment.dropped": ("放弃更正", "Amendment dropped"),
    "document.stored": ("存入招标文件", "Bidding document stored"),
    "document.fetched": ("下载招标文件", "Bidding document downloaded"),
    "sealing-key.handed-in": ("保管人交来密封密钥", "Custodian handed in a sealing key"),
    "sealing-keys.stocked": ("保管人预交密封密钥", "Custodian handed in sealing keys in advance"),
    "sealing-key.given-up": ("保管人收回未用的密封密钥", "Custodian gave up an unused sealing key"),
    "upload.started": ("开始上传密文", "Upload of ciphertext begun"),
    "upload.completed": ("密文上传完成", "Upload of ciphertext completed"),
    "bid.received": ("收到投标", "Bid received"),
    "bid.withdrawn": ("撤回投标", "Bid withdrawn"),
    "bid.unlock-visited": ("投标人前来解锁", "A bidder came to unlock"),
    "bid.unlocked": ("投标人解锁投标", "Bid unlocked by its bidder"),
    "evaluator.appointed": ("指定评标专家", "Evaluator appointed"),
    "evaluator.dismissed": ("取消评标专家", "Evaluator dismissed"),
    "files.handed-over": ("向评标专家移交附件", "Attachments handed over to an evaluator"),
    "opinion.given": ("评标专家发表意见", "Evaluator's opinion"),
    "result-notice.issued": ("发出中标结果通知书", "Notice of the result issued"),
    "result-notice.fetched": ("下载中标结果通知书", "Notice of the result downloaded"),
    "integrity.checked": ("核验完整性", "Integrity checked"),
}


def refusal(code: str) -> Both:
    """Why an attempt was refused: the first sentence that its person was told, with … for what only the
    attempt itself knew; the code where no sentence has it."""
    zh, en = (_UNKNOWN.sub("…", text) for text in MESSAGES.get(code, (code, code)))
    return Both(zh.split("。")[0], en.split(". ")[0].removesuffix("."))
