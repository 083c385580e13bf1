"""What an acceptance and a release come to in a custodian's journal, every check named."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bids.custody import Release
from bids.notice import Notice
from bids.releases import COMMITMENT_DIFFERS, DOES_NOT_OPEN
from signing.encoding import b64decode
from trading.client.custodian_journal import Journal
from trading.client.witnessed import Cosigned

# What a custodian checks before it releases (bids/custody.check_closed and the memory around it), in order.
CHECKS = (
    ("公告：招标人的签名、证书链、登记有效", "the notice: the agency's signature, chain and enrolment hold"),
    ("密封策略就是本机在公布时接受的那一份", "the sealing policy is the one accepted here at publication"),
    ("本机时钟已过策略中的开启时间", "this machine's clock is past the opening time of that policy"),
    (
        "截标声明由平台签名，与本标段、策略和截止时间相符",
        "the closing is signed by the platform, for this tender, policy and deadline",
    ),
    (
        "日志收录该截标声明且仅此一份，没有取消、暂停或本机未接受的公告",
        "the log has this closing and no other, no cancellation, no suspension, and no notice unknown here",
    ),
    (
        "日志从头逐条读过，是本机见过的每个检查点的延续",
        "the log was read entry by entry and extends every checkpoint seen here",
    ),
    (
        "本标段此前没有见过另一份截标声明；这一份已先写入磁盘",
        "no other closing of this tender was ever seen here; this one is on disk first",
    ),
    ("投标台账全部取得，根哈希与截标声明相符", "the whole ledger was fetched and has the closing's root"),
    (
        "每份投标：签名、证书链、登记与回执有效，签名人即供应商，标识不重复，收到时间不倒退且不迟于截止",
        "each bid: signature, chain, enrolment and receipt hold, the signer is the supplier, ids are unique, "
        "times never go back and end by the deadline",
    ),
    ("有效投标由本机根据台账推算", "the current bids were computed here from the ledger alone"),
    ("投标人数达到下限", "the minimum number of suppliers is reached"),
)
# … and before it releases a later segment (bids/custody.check_stages).
STAGE_CHECKS = (
    ("此前各段的开标记录由平台签名并收录于日志", "the opening records before are signed and in the log"),
    (
        "本段的阶段评审书由招标人签名，在前一段开标之后收录于日志且仅此一份，"
        "对前一段开启的每份投标都写明通过或否决",
        "this segment's stage statement is signed by the agency, the only one in the log, after the opening "
        "before it, and admits or rejects each bid opened there",
    ),
    ("只释放通过评审的投标，没有终止或流标", "only admitted bids are released; the tender has not ended"),
)
_WHY = {
    DOES_NOT_OPEN: ("密封份额无法用本机密钥打开", "what was sealed does not open with the key here"),
    COMMITMENT_DIFFERS: ("打开的份额与投标人的承诺不符", "it is not the share that the bidder committed to"),
}


def _beijing(at: datetime) -> str:
    """`2026-11-30 23:20:48 UTC+8`: as notices and pages have it."""
    return f"{at.astimezone(timezone(timedelta(hours=8))):%Y-%m-%d %H:%M:%S} UTC+8"


def tell_accepted(journal: Journal, notice: Notice, before: Notice | None) -> None:
    """A notice accepted, in place of `before` if there was one."""
    succession = ("首份公告", "the first one")
    if before is not None:
        succession = (
            f"它接替此前接受的 {before.digest}，其间每份公告都允许被接替",
            f"it takes the place of {before.digest}, and every notice between may be replaced",
        )
    journal.write(
        "accepted", notice.tender, notice=notice.digest, title=notice.title,
        opens_at=_beijing(notice.policy.opens_at), threshold=notice.policy.threshold,
        count=len(notice.policy.custodians), succession=succession[0], succession_en=succession[1],
    )  # fmt: skip


def tell_cosigned(journal: Journal, tender: str, cosigned: Cosigned) -> None:
    """Which witnesses have seen the closing, and when."""
    told = ", ".join(f"{name} ({_beijing(at)})" for name, at in cosigned.witnesses.items())
    journal.write("cosigned", tender, size=cosigned.size, witnesses=told)


def tell_released(journal: Journal, tender: str, file: str, later: bool = False) -> None:
    """A release handed in (its file in base64), of a segment after the first if `later`, and each share that
    was kept back."""
    release = Release.parse(b64decode(file))
    checks = (*CHECKS, *STAGE_CHECKS) if later else CHECKS
    journal.write(
        "released", tender, bids=len({bid for bid, _ in release.rows}),
        shares=len(release.shares) + len(release.files), refused=len(release.refusals),
        checks="；".join(zh for zh, _ in checks), checks_en="; ".join(en for _, en in checks),
    )  # fmt: skip
    for (bid, part), code in release.refusals.items():
        zh, en = _WHY.get(code, (code, code))
        journal.write("share-refused", tender, bid=bid, part=part, why=zh, why_en=en)
