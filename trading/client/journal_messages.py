"""The sentences of a custodian's journal: kind -> (Chinese, English)."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "enrolled": (
        "以 {name}（{organisation}）的身份登记；根证书 {root}，日志公钥 {log_key}。",
        "Enrolled as {name} ({organisation}); root {root}, log key {log_key}.",
    ),
    "renewed": (
        "换用新的签名密钥，证书 {certificate}；旧密钥只用于已公布的标段。",
        "A new signing key is in use, certificate {certificate}; older ones serve published tenders only.",
    ),
    "started": ("代理程序启动，平台 {server}。", "The agent has started, for {server}."),
    "stopped": ("代理程序停止。", "The agent has stopped."),
    "clock": (
        "本机时钟与平台的相差 {seconds} 秒。平台的时间不可信，但请核对本机的时间同步（NTP）。",
        "This machine's clock and the platform's are {seconds} seconds apart. The platform's is not to be "
        "believed; but check this machine's time service (NTP).",
    ),
    "backed-up": (
        "备份 {path} 已更新，用编号 {words} 的词组封存。",
        "The backup {path} was made anew, sealed to the words numbered {words}.",
    ),
    "backup-words": (
        "制作了新的备份词组，编号 {words}；此前的词组应销毁。",
        "New words for backups were made, numbered {words}; destroy the ones before.",
    ),
    "backup-failed": (
        "备份 {path} 未能更新：{why}。在此之前不交出新密钥。",
        "The backup {path} could not be made: {why_en}. No new keys are given until it can.",
    ),
    "recovered": (
        "由 {at} 的备份恢复（编号 {words} 的词组）。",
        "Recovered from the backup of {at} (words numbered {words}).",
    ),
    "drilled": (
        "恢复演练成功：备份 {at}，{keys} 把密封密钥，测试标段已开启。",
        "The recovery drill succeeded: the backup of {at}, {keys} sealing keys, the test tender opened.",
    ),
    "by-hand": (
        "{person} 人工核对后决定释放。",
        "{person} looked at the checks and decided to release.",
    ),
    "adopted": (
        "平台已有本保管人的释放声明（由本保管人的签名密钥签名，绑定本机核对过的截标声明），予以沿用。",
        "The platform holds a release of this custodian already, signed by its own key and bound to the "
        "closing checked here; it stands.",
    ),
    "passphrase": ("密钥库换了口令。", "The store has another passphrase."),
    "key-given": (
        "交出本标段的密封公钥 {key}，由本机签名密钥签名。",
        "Handed in the sealing key {key} of this tender, signed by the signing key here.",
    ),
    "stocked": (
        "为平台预留的标识预先交出 {count} 把密封公钥。",
        "Handed in {count} sealing keys for ids that the platform keeps ready.",
    ),
    "given-up": (
        "该标识没有公布标段，平台不再使用其密钥；密封密钥再保留 30 天，以防日志中出现使用它的公告。",
        "No tender was published under this id and the platform uses its key no more; the key is kept for 30 "
        "more days, in case the log shows a notice with it.",
    ),
    "unused": (
        "30 天来日志中没有使用该密钥的公告；密封密钥已销毁。",
        "For 30 days the log has shown no notice with this key; the key was erased.",
    ),
    "unnamed": (
        "该标识下公布的标段没有列本保管人；密封密钥已销毁。",
        "The tender published under this id does not name this custodian; the key was erased.",
    ),
    "accepted": (
        "接受招标公告 {notice}（{title}，开启时间 {opens_at}，{threshold}/{count}）："
        "招标人签名、证书链与登记有效；公告列有本保管人及本机所制的密钥；{succession}。",
        "Accepted the notice {notice} ({title}, opens {opens_at}, {threshold} of {count}): the agency's "
        "signature, chain and enrolment hold; it names this custodian with the keys made here; "
        "{succession_en}.",
    ),
    "cosigned": (
        "见证人已副署包含本次截标的日志（{size} 条）：{witnesses}。",
        "Witnesses have cosigned the log of {size} entries that holds this closing: {witnesses}.",
    ),
    "released": (
        "已释放份额：{bids} 份有效投标，{shares} 份份额，{refused} 份拒绝。已核对：{checks}。",
        "Released: {bids} current bids, {shares} shares, {refused} refused. Checked: {checks_en}.",
    ),
    "share-refused": (
        "投标 {bid} 的 {part} 部分：份额未释放，{why}。",
        "Bid {bid}, part {part}: its share was not released, {why_en}.",
    ),
    "erased": (
        "密封密钥已销毁：{reason}。",
        "The sealing key was erased: {reason_en}.",
    ),
}
