"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "unlock-not-asked": (
        "本标段不要求投标人自行加锁，无须解锁。",
        "This tender asks for no bidder's own lock: there is nothing to unlock.",
    ),
    "unlock-early": (
        "解锁时段尚未开始：须待截标、保管人的份额收齐之后。平台没有保存这次提交的密钥；请在时段开始后再提交。",
        "The window to unlock has not begun: it does after the closing, when the custodians' shares are in. "
        "The secret was not kept; send it when the window has begun.",
    ),
    "unlock-late": (
        "解锁时段已于 {until} 结束，不再接受解锁。如非贵单位原因，请立即告知招标人和监督部门。",
        "The window to unlock ended at {until}; nothing is unlocked any more. If that was not your fault, "
        "tell the agency and the supervisor at once.",
    ),
    "unlock-ended": (
        "本标段已终止，没有进行解锁。",
        "The tender has ended; nothing is unlocked.",
    ),
    "unlock-secret-wrong": (
        "这不是投标 {bid} 的解锁密钥。请选择密封它时保存的解锁文件；时段结束前可以再试。",
        "This is not the secret of the bid {bid}. Choose the unlocking file kept when that bid was sealed; "
        "you may try again until the window ends.",
    ),
    "unlock-not-current": (
        "投标 {bid} 已被替换、撤回或作废，不参加开标。请解锁贵单位现行有效的投标。",
        "The bid {bid} was replaced, withdrawn or voided and is not opened. Unlock your current bid.",
    ),
    "unlocking-not-found": (
        "本标段没有已结束的解锁时段。",
        "This tender has no window to unlock that has ended.",
    ),
    "award-unlock-undecided": (
        "有 {count} 份投标未解锁、原因待认定。请先签名认定其为撤销还是撤回，再定标。",
        "Of {count} bids that were not unlocked it is not decided yet whose fault that was. Decide that, "
        "signed, before the award.",
    ),
}
