"""The sentences of the verifier: its findings ("verify-…") and what it refuses."""

from __future__ import annotations

_FINDINGS = {
    "verify-roots-own": ("使用您自己的根证书。", "Your own root certificates are used."),
    "verify-roots-package": (
        "根证书取自证据包本身；未与您自己的根证书核对。",
        "The root certificates are the package's own; nobody but the package vouches for them.",
    ),
    "verify-key-own": ("使用您自己的日志公钥。", "Your own key of the log is used."),
    "verify-key-package": (
        "日志公钥取自证据包本身；未与您自己的公钥核对。",
        "The log's key is the package's own; nobody but the package vouches for it.",
    ),
    "verify-crls": ("读取证书吊销列表 {count} 份。", "Revocation lists read: {count}."),
    "verify-no-crls": (
        "没有证书吊销列表，无法核对证书是否被吊销。",
        "There is no revocation list, so whether a certificate was revoked could not be checked.",
    ),
    "verify-enrolments": (
        "{count} 份证书登记由平台签名。",
        "The platform signed the enrolments of {count} certificates.",
    ),
    "verify-evidence-signed": (
        "证据目录 evidence.json 由平台签名。",
        "The list of the evidence, evidence.json, is signed by the platform.",
    ),
    "verify-evidence-files": (
        "目录所列 {count} 个文件齐全且摘要一致，没有未列入的文件。",
        "All {count} files listed are there to the byte, and none that is not listed.",
    ),
    "verify-evidence-logged": (
        "证据目录已作为本标段最后一条记入公开日志，并载有证据包所含条目的摘要。",
        "The evidence is in the public log, last, with the digest of the package's entries before it.",
    ),
    "verify-entries-unchecked": (
        "日志中是否还有本标段的其他条目，仅凭证据包无法核对；下载整个日志并用 --log-entries 给出即可核对。",
        "Whether the log holds other entries of this tender the package alone cannot show; fetch the "
        "whole log and give it with --log-entries.",
    ),
    "verify-entries-all": (
        "整个日志（{size} 条）与检查点一致，其中本标段的条目均在证据包内，且不早于各自之前的条目。",
        "The whole log, {size} entries, is the checkpoint's, and has no entry of this tender that the "
        "package has not, nor one that is older than what stands before it.",
    ),
    "verify-course": (
        "标段暂停、终止或流标之后，没有再开标、评审或定标。",
        "After a suspension, cancellation or failure nothing was opened, evaluated or awarded.",
    ),
    "verify-times": (
        "各项声明的时间与日志记载的时间相符。",
        "Statements are from when the log says that they were made.",
    ),
    "verify-entries-tender": ("所有日志条目都属于本标段。", "All log entries are of this tender."),
    "verify-log-checkpoint": (
        "日志检查点（{size} 条）由日志公钥签名。",
        "The log's checkpoint over {size} entries is signed by the log's key.",
    ),
    "verify-log-entries": (
        "{count} 个日志条目均有证明在日志中的位置。",
        "Each of the {count} entries is proved to be in the log.",
    ),
    "verify-notice-signed": (
        "公告由其所列招标人“{buyer}”签名。",
        "The notice is signed by the buyer it names, {buyer}.",
    ),
    "verify-notices-earlier": (
        "此前的公告（{count} 份）齐全，均由同一招标人签名。",
        "Earlier notices ({count}) are all there, signed by the same buyer.",
    ),
    "verify-notices-logged": (
        "各份公告均在截止前依次记入公开日志。",
        "The log published each notice, in order, before the closing.",
    ),
    "verify-not-independent": (
        "公告说明：各保管人并非相互独立。",
        "The notice says: custodians not independent.",
    ),
    "verify-sandbox": (
        "本标段为演练，按天计算的规则未执行。",
        "This tender was a rehearsal: rules that count days were waived.",
    ),
    "verify-closing-signed": (
        "截标声明由平台签名，标段、密封策略和截止时间与公告一致。",
        "The closing is signed by the platform, with the notice's tender, policy and deadline.",
    ),
    "verify-closing-logged": (
        "截标声明已记入公开日志，且证据包的条目中只有这一份。",
        "The closing is in the public log, and the only one among the package's entries.",
    ),
    "verify-ledger-root": (
        "台账 {count} 条与截标声明中的根一致。",
        "The ledger's {count} leaves have the root in the closing.",
    ),
    "verify-bids": (
        "台账 {count} 条所涉投标与撤回：清单、签名、证书、回执和时间均一致。",
        "Behind all {count} leaves: manifests, signatures, certificates, receipts and times hold.",
    ),
    "verify-current": (
        "由台账得出有效投标 {count} 份，来自 {suppliers} 家投标人。",
        "From the ledger follow {count} current bids by {suppliers} suppliers.",
    ),
    "verify-frozen-set": (
        "计入的保管人释放声明已由平台一次性确定并记入日志。",
        "Which releases count was frozen once, by the platform, in the log.",
    ),
    "verify-releases": (
        "{count} 份释放声明由保管人签名，份额与投标人的承诺一致。",
        "The {count} releases are signed by their custodians, and their shares are those committed to.",
    ),
    "verify-releases-absent": (
        "未计入释放声明的保管人：{names}；是其未按时交出、交来的被拒收，还是平台未予接收，无法判断。",
        "Custodians with no release among them: {names}. Whether they were late or wrong, or the platform "
        "turned them away, cannot be told.",
    ),
    "verify-releases-all": (
        "证据包的条目中，确定之前收到的释放声明无一遗漏。",
        "No release among the package's entries from before the freezing was left out.",
    ),
    "verify-unlocking-signed": (
        "解锁声明由平台签名，在释放声明确定之后记入日志，解锁时段自确定之时起算。",
        "The unlocking statement is signed by the platform and logged after the releases were frozen, when "
        "its window began.",
    ),
    "verify-unlocked": (
        "{count} 份投标中 {unlocked} 份由投标人解锁：密钥与清单中的锁一致；解锁时段对所有人均已结束。",
        "{unlocked} of {count} bids were unlocked by their bidders: each secret is that of the lock in the "
        "manifest, and the window had ended for all.",
    ),
    "verify-unlock-window": (
        "解锁时段为 {minutes} 分钟；是否为规则包 {pack} 所定，仅凭证据包无法核对。",
        "The window to unlock was {minutes} minutes; that the pack {pack} says so the package alone cannot "
        "show.",
    ),
    "verify-unlock-decisions": (
        "未解锁而记录不足以认定的投标，招标人已签名认定 {count} 份（撤销 {revoked} 份）并记入日志。",
        "Of bids that were not unlocked and whose record leaves it open, the buyer signed and logged a "
        "decision on {count}; {revoked} count as revoked.",
    ),
    "verify-unlock-record": (
        "未解锁的投标人是否来过、平台何时中断，是平台自己的记录，仅凭证据包无法核对；"
        "解锁时得到回执的投标人可凭回执证明已解锁。",
        "Whether a bidder who did not unlock came, and when the platform was down, are the platform's own "
        "records, which the package alone cannot show; a bidder who did unlock has a receipt that proves it.",
    ),
    "verify-record-signed": ("开标记录由平台签名。", "The opening record is signed by the platform."),
    "verify-record-logged": (
        "开标记录在释放声明确定之后记入日志。",
        "The opening record is in the log, after the releases were frozen.",
    ),
    "verify-opened-again": (
        "重新尝试开启 {count} 份投标：{opened} 份开启，报价文件逐字节一致。",
        "All {count} bids were tried again: {opened} opened, and each offer is the same to the byte.",
    ),
    "verify-ciphertexts": (
        "全部 {count} 份投标的密文均在，与投标清单一致。",
        "The ciphertexts of all {count} bids are there, as the manifests have them.",
    ),
    "verify-record-rows": (
        "开标记录与重新开启的结果一致（开启 {opened} / {count}）。",
        "The opening record says just what opening again gave ({opened} of {count} opened).",
    ),
    "verify-evaluation": (
        "评审结果由招标人签名并记入日志，否决 {count} 份。",
        "The evaluation is signed by the buyer and logged; it rejects {count} bids.",
    ),
    "verify-award-signed": ("中标声明由平台签名。", "The award is signed by the platform."),
    "verify-award-logged": ("中标声明已记入公开日志。", "The award is in the public log."),
    "verify-award-ranking": (
        "重新计算总价、名次和中标人（{count} 份），与中标声明一致。",
        "Totals, ranks and winner, computed again for {count} bids, are those of the award.",
    ),
    "verify-decision": (
        "定标决定由招标人签名并记入日志，中标人一致。",
        "The buyer signed the decision for that winner, and it is logged.",
    ),
    "verify-tie-rule": (
        "有总价相同的投标，按“{tie}”分先后；该规则是否属于规则包 {pack}，仅凭证据包无法核对。",
        "Bids with equal totals were parted by “{tie}”; that this is the tie rule of the pack "
        "{pack} the package "
        "alone cannot show.",
    ),
    "verify-above-ceiling": (
        "中标投标 {bid} 高于公告的最高限价，请向招标人询问。",
        "The winning bid {bid} is above the ceiling in the notice; ask the buyer.",
    ),
    "verify-unopened-minimum": (
        "投标人 {suppliers} 家，少于 {wanted} 家：没有开启任何投标。",
        "Only {suppliers} suppliers bid where {wanted} are the minimum: nothing was opened.",
    ),
    "verify-unopened": (
        "投标人 {suppliers} 家（最低 {wanted} 家），但标段在开标前终止：没有开启任何投标。",
        "{suppliers} suppliers bid ({wanted} are the minimum), but the tender ended before its "
        "opening: nothing was "
        "opened.",
    ),
    "verify-ending": (
        "终止声明已签名并记入日志：{reason}",
        "The statement that ended the tender is signed and logged: {reason}",
    ),
    "verify-erasures": (
        "保管人是否确已销毁密钥，无法由证据包证明。",
        "That the custodians have really erased their keys no package can show.",
    ),
    "verify-not-awarded": ("日志中没有中标结果。", "The log has no award."),
    "verify-not-evaluated": (
        "标段在评审前终止，终止理由无法由证据包核对。",
        "The tender ended before it was evaluated; the package cannot show whether the reason is true.",
    ),
    "verify-none-responsive": (
        "重新计算后有效投标 {count} 份；平台只能在没有有效投标时宣布流标。",
        "Ranked again, {count} bids were responsive; the platform fails a tender only where none is.",
    ),
    "verify-few-opened": (
        "成功开启的投标人 {suppliers} 家（最低 {wanted} 家）；是否须重新计数由规则包决定。",
        "{suppliers} suppliers have a bid that opened ({wanted} are the minimum); whether they are counted "
        "again the rule pack says.",
    ),
    "verify-evaluated-before": (
        "此前还有 {count} 次不同的评审；以最后一次为准，请查看日志。",
        "There were {count} other evaluations before; the last one counts, the log has them all.",
    ),
    "verify-complete": (
        "证据包恰好包含此过程应有的 {count} 个文件。",
        "The package has exactly the {count} files that this course of things asks for.",
    ),
    "verify-skipped": (
        "因前述问题，依赖于此的检查未能进行。",
        "Checks that depend on this could not be made, for the reason above.",
    ),
    "verify-unanchored": (
        "未锚定：您没有同时提供自己的根证书和日志公钥，此结果只说明证据包自身一致。",
        "Unanchored: without root certificates and a log key of your own, this only shows that the "
        "package agrees "
        "with itself.",
    ),
}

_REFUSALS = {
    "crl-malformed": (
        "{file} 不是 PEM 格式的证书吊销列表。",
        "{file} does not hold revocation lists in PEM.",
    ),
    "evidence-unreadable": (
        "证据目录不可信，{file} 无从核对。",
        "Without a good evidence statement nothing vouches for {file}.",
    ),
    "checkpoint-unreadable": (
        "日志检查点不可信，{file} 无从核对。",
        "Without a good checkpoint of the log nothing vouches for {file}.",
    ),
    "file-unlisted": (
        "{file} 没有列入证据目录。",
        "{file} is not listed in the evidence statement.",
    ),
    "file-unexpected": (
        "{file} 不应出现在此标段的证据包中。",
        "{file} does not belong into the package of this tender.",
    ),
    "proofs-count": (
        "日志条目 {entries} 个，证明 {proofs} 个，数目不等。",
        "There are {entries} log entries and {proofs} proofs; there must be as many.",
    ),
    "proof-other": (
        "{file} 是另一位置或另一检查点的证明。",
        "{file} is a proof for another place or another checkpoint.",
    ),
    "entry-missing": ("日志中没有 {act} 的条目。", "The log has no entry of the act {act}."),
    "entry-twice": ("日志中 {act} 的条目不止一个。", "The log has more than one entry of the act {act}."),
    "entry-not-last": ("{act} 不是最后一个条目。", "The entry of {act} is not the last one."),
    "entry-order": ("条目 {act} 的次序不对。", "The entry of {act} stands at the wrong place."),
    "entry-digest": (
        "条目 {act} 中的摘要 {member} 与文件不符。",
        "The digest {member} in the entry of {act} is not that of the file.",
    ),
    "entry-other-tender": ("条目 {act} 属于另一个标段。", "The entry of {act} is of another tender."),
    "entry-statement": ("条目 {act} 中没有签名声明。", "The entry of {act} has no signed statement in it."),
    "entry-unopened": (
        "日志中有 {act}，而此标段不应有此行为。",
        "The log has {act}, which cannot be in the course of this tender.",
    ),
    "notice-other-tender": (
        "公告属于另一个标段或另一个招标人。",
        "The notice is of another tender or another buyer.",
    ),
    "notices-logged": (
        "日志发布了 {entries} 份公告，证据包中有 {notices} 份。",
        "The log published {entries} notices; the package has {notices}.",
    ),
    "notices-too-many": ("公告超过 {limit} 份。", "There are more than {limit} notices."),
    "release-not-frozen": (
        "保管人 {custodian} 的释放声明不是所确定的那一份。",
        "The release of the custodian {custodian} is not the one that was frozen.",
    ),
    "release-left-out": (
        "确定之前收到的一份释放声明被遗漏。",
        "A release received before the freezing was left out of the set.",
    ),
    "release-set-other": (
        "所确定的释放声明属于另一标段、截标或分段。",
        "The frozen set is for another tender, closing or segment.",
    ),
    "release-set-twice": ("同一保管人被计入两次。", "A custodian is in the frozen set twice."),
    "release-set-early": (
        "只有 {count} 份释放声明便已确定：少于门限，或未等满宽限时间。",
        "The set was frozen with only {count} releases: fewer than the threshold, or before the "
        "grace had passed.",
    ),
    "record-other-closing": (
        "开标记录针对另一标段或另一份截标声明。",
        "The opening record is for another tender or closing.",
    ),
    "record-bid-missing": (
        "开标记录遗漏了有效投标 {bid}。",
        "The opening record leaves out the current bid {bid}.",
    ),
    "record-bid-unknown": (
        "开标记录中的投标 {bid} 不是有效投标。",
        "The opening record has the bid {bid}, which is not current.",
    ),
    "record-differs": (
        "开标记录中投标 {bid} 的 {member} 与重新开启的结果不同。",
        "The {member} of the bid {bid} in the opening record is not what opening it again gave.",
    ),
    "record-order": (
        "开标记录中投标的次序或重复有误。",
        "The bids of the opening record are not in the ledger's order, each once.",
    ),
    "offer-differs": (
        "投标 {bid} 的报价文件与重新开启的结果不同。",
        "The offer of the bid {bid} is not what opening it again gave.",
    ),
    "offer-not-opened": (
        "投标 {bid} 未能开启，却有报价文件。",
        "The bid {bid} does not open, yet an offer of it is there.",
    ),
    "evaluation-other-opening": (
        "评审结果针对另一份开标记录。",
        "The evaluation is of another opening record.",
    ),
    "evaluation-unknown-bid": (
        "评审结果否决了未开启或重复的投标。",
        "The evaluation rejects a bid that did not open, or one twice.",
    ),
    "award-other-tender": ("中标声明属于另一个标段。", "The award is of another tender."),
    "award-bid-missing": ("排名遗漏了投标 {bid}。", "The ranking leaves out the bid {bid}."),
    "award-bid-unknown": (
        "排名中的投标 {bid} 没有开启。",
        "The ranking has the bid {bid}, which did not open.",
    ),
    "award-differs": (
        "排名中投标 {bid} 的 {member} 与重新计算的结果不同。",
        "The {member} of the bid {bid} in the ranking is not what computing it again gave.",
    ),
    "award-order": ("排名的次序不对。", "The ranking is in the wrong order."),
    "award-other-winner": (
        "重新计算得出的中标投标是 {winner}，不是所声明的投标。",
        "Computed again the winner is {winner}, not the bid stated.",
    ),
    "award-working": (
        "中标声明的计算过程中 {member} 与重新计算的结果不同。",
        "In the working of the award {member} is not what computing it again gave.",
    ),
    "decision-differs": (
        "定标决定针对另一中标人或另一份开标记录。",
        "The buyer's decision is for another winner or opening record.",
    ),
    "failure-unjustified": (
        "平台宣布流标，但投标人数或有效投标并不少：理由不成立。",
        "The platform declared the tender failed, but bidders and bids were enough: it had no reason to.",
    ),
    "ciphertext-lost": (
        "平台已向供应商 {supplier} 出具投标 {bid} 的回执，却遗失或改动了其密文。",
        "The platform lost or altered the ciphertext of the bid {bid} of the supplier {supplier}, for which "
        "it had given a receipt.",
    ),
    "entry-left-out": (
        "日志中有本标段的 {act}，证据包却没有。",
        "The log has an entry of this tender, {act}, that the package leaves out.",
    ),
    "log-entries-short": (
        "所给日志只有 {found} 条，检查点有 {wanted} 条。请下载完整。",
        "The log given has {found} entries, the checkpoint {wanted}. Fetch all of it.",
    ),
    "log-entries-root": (
        "所给日志与证据包的检查点不一致：不是同一个日志，或下载有误。",
        "The log given is not that of the package's checkpoint: another log, or damaged on the way.",
    ),
    "entry-after-end": (
        "标段暂停、终止或流标之后，日志中仍有 {act}。",
        "The log has {act} after the tender was suspended, cancelled or failed.",
    ),
    "entry-back": (
        "条目 {act} 的时间早于它前面的条目。",
        "The entry of {act} is from before the entries that stand before it.",
    ),
    "entry-time": (
        "{act} 的声明时间与记入日志的时间不符。",
        "The statement of {act} is not from when it was logged.",
    ),
    "statement-early": (
        "{act} 的声明时间早于它所依据的 {earlier}。",
        "The statement of {act} is from before {earlier}, which it rests on.",
    ),
    "unlock-undecided": (
        "投标 {bid} 未解锁且记录不足以认定，招标人在定标前没有作出认定。",
        "The bid {bid} was not unlocked and the record leaves it open; the buyer decided nothing before the "
        "award.",
    ),
    "verify-broke-off": (
        "{what} 的内容出乎预料，检查中断（{kind}）。",
        "What is in {what} was not foreseen, and the check broke off ({kind}).",
    ),
    "ending-other-closing": (
        "终止声明针对另一份截标声明。",
        "The statement that ended the tender is for another closing.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {**_FINDINGS, **_REFUSALS}
