"""The words of the portal's pages: states, and acts of the public log as a tender's story."""

from __future__ import annotations

from trading.tenders.lifecycle import State

STATES = {
    State.PUBLISHED: ("接受投标", "Open for bids"),
    State.CLOSED: ("已截标", "Closed"),
    State.OPENING: ("正在开标", "Opening"),
    State.JUDGING: ("阶段评审", "Stage judged"),
    State.OPENED: ("已开标", "Opened"),
    State.EVALUATED: ("已评审", "Evaluated"),
    State.AWARDED: ("已中标", "Awarded"),
    State.FAILED: ("流标", "Failed"),
    State.CANCELLED: ("已终止", "Cancelled"),
}
ACTS = {
    "tender.published": ("招标公告发布，由招标人签名", "Notice published, signed by the agency"),
    "tender.amended": ("公告更正，由招标人签名", "Notice amended, signed by the agency"),
    "tender.closed": ("截标：投标台账封存，由平台签名", "Closed: the ledger of bids is sealed and signed"),
    "custody.released": ("保管人交出解密份额", "A custodian released its shares"),
    "custody.refused": ("保管人交来的份额未予接收", "What a custodian handed in was refused"),
    "opening.frozen": ("份额收齐，开标开始", "Enough shares are in; opening begins"),
    "opening.unlocked": ("投标人解锁时段结束", "The bidders' window to unlock has ended"),
    "opening.unlock-decided": ("招标人对未解锁投标的认定", "The agency decided on bids not unlocked"),
    "bid.resupplied": ("投标人补交丢失的密文", "A bidder supplied lost ciphertext again"),
    "tender.opened": ("开标完成，开标记录公布", "The bids are open; the opening record is published"),
    "tender.admitted": ("阶段评审书，由招标人签名", "Stage judged: who goes on, signed by the agency"),
    "tender.evaluated": ("评审结果，由招标人签名", "Evaluation, signed by the agency"),
    "tender.awarded": ("确定中标人，由招标人签名", "Award decided and signed by the agency"),
    "tender.failed": ("流标", "The tender failed"),
    "tender.cancelled": ("招标终止，由招标人签名", "Cancelled, signed by the agency"),
    "organisation.enrolled": ("机构登记", "Organisation enrolled"),
    "organisation.changed": ("机构角色变更", "Organisation's roles changed"),
    "certificate.issued": ("签发证书", "Certificate issued"),
    "certificate.revoked": ("撤销证书", "Certificate revoked"),
    "acts.day": ("未公开操作的每日汇总", "The day's root of the acts that are not public"),
    "certificates.day": ("供应商证书的每日汇总", "The day's root of suppliers' certificates"),
    "sealing-code.served": ("平台提供的浏览器密封程序", "The code that seals bids in browsers"),
    "envelope-key.set": ("招标人设置附件密钥", "An agency set its key for attachments"),
    "custody.erased": ("保管人销毁密钥", "A custodian erased its key"),
    "evidence.published": ("证据包公布，任何人可核验", "Evidence package published, for anybody to check"),
}
# Which acts a tender's bids are sealed or opened by: the seal's red marks them.
SEALS = frozenset(("tender.closed", "tender.opened"))
