"""The sentences of the clients' own refusals: code -> (Chinese, English)."""

from __future__ import annotations

from trading.client.messages_log import MESSAGES as _LOG
from trading.client.messages_own import MESSAGES as _OWN

MESSAGES: dict[str, tuple[str, str]] = {
    **_LOG,
    **_OWN,
    "receipt-none": (
        "{path} 不是回执、证明包或举证文件。请选择平台给出的回执（.json）或证明包（.zip）。",
        "{path} is no receipt, bundle of proofs or proof against the platform. Choose the receipt (.json) or "
        "the bundle (.zip) that the platform gave.",
    ),
    "file-unreadable": ("无法读取文件 {path}：{reason}。", "The file {path} cannot be read: {reason}."),
    "file-unwritable": ("无法写入文件 {path}：{reason}。", "The file {path} cannot be written: {reason}."),
    "file-exists": (
        "{path} 已存在，不会覆盖；请换一个名称。",
        "{path} exists and is not overwritten; choose another name.",
    ),
    "file-too-large": ("文件 {path} 超过 {limit} 字节。", "The file {path} is larger than {limit} bytes."),
    "attachment-not-file": ("附件 {path} 不是普通文件。", "The attachment {path} is not a plain file."),
    "key-file-password": (
        "密钥文件 {path} 的口令不对，或文件已损坏。用 --password-file 给出口令文件。",
        "The password of the key file {path} is wrong, or the file is damaged. "
        "Name a file with the password in --password-file.",
    ),
    "trust-malformed": (
        "文件 {path} 不是 /api/v1/tenders/…/trust 的答复。请重新下载。",
        "The file {path} is not what /api/v1/tenders/…/trust answered. Save it again.",
    ),
    "fingerprint-malformed": (
        "“{given}”不是证书的 SHA-256 指纹（64 位十六进制）。",
        "“{given}” is no certificate's SHA-256 fingerprint of 64 hex digits.",
    ),
    "roots-missing": (
        "没有可信根证书可用来核对。请用 --roots 指定根证书文件（PEM）。",
        "There is no root certificate to check against. Name the roots' PEM file with --roots.",
    ),
    "receipt-other-tender": (
        "证据包属于另一个标段；回执所属标段为 {tender}。请给出该标段的证据包。",
        "The evidence package is of another tender; the receipt is of {tender}. Give that tender's package.",
    ),
    "pem-malformed": ("{path} 不是 PEM 证书文件。", "{path} is not a PEM file of certificates."),
    "crl-file-malformed": (
        "{path} 不是吊销列表：应为一份 DER，或若干份 PEM（BEGIN X509 CRL）。",
        "{path} is no revocation list: one in DER, or some in PEM (BEGIN X509 CRL).",
    ),
    "signature-file-missing": (
        "找不到招标公告的签名 {path}；请从平台下载 notice.p7s 放在公告旁，或用 --signature 指定。",
        "The notice's signature {path} is not there; download notice.p7s from the platform and put it "
        "beside the notice, or name it with --signature.",
    ),
    "signer-role": (
        "此密钥属于角色 {found}，这里需要 {wanted}。",
        "This key belongs to the role {found}; {wanted} is needed here.",
    ),
    "json-malformed": (
        "{path} 不是有效的 JSON（第 {line} 行第 {column} 列）：{reason}。",
        "{path} is not valid JSON (line {line}, column {column}): {reason}.",
    ),
    "json-not-text": ("{path} 不是 UTF-8 文本。", "{path} is not UTF-8 text."),
    "json-duplicate": ("{path} 中成员 {member} 出现两次。", "In {path} the member {member} stands twice."),
    "offer-form": (
        "报价文件 {path} 应有 unit_prices（项目编号到单价）或 items（number 与 unit_price 的列表）。",
        "The offer {path} must have unit_prices (item number to unit price) or items (a list of number and "
        "unit_price).",
    ),
    "offer-member": (
        "报价文件 {path} 中不应有成员 {member}。",
        "The offer {path} has a member {member} that does not belong there.",
    ),
    "offer-value": (
        "报价文件 {path} 中 {member} 的值不合格式。",
        "In the offer {path} the value of {member} is malformed.",
    ),
    "deadline-passed": (
        "投标截止时间 {deadline} 已过。",
        "The deadline {deadline} has passed.",
    ),
    "custodian-key-other": (
        "保管人 {custodian} 的签名公钥与您登记的不同，拒绝公告。",
        "The signing key of custodian {custodian} is not the one you know; the notice is not signed.",
    ),
    "keys-not-ready": (
        "在 {seconds} 秒内未收齐保管人的密封公钥。",
        "The custodians' sealing keys were not all there within {seconds} seconds.",
    ),
    "draft-other": (
        "平台给出的草稿与您所建的不同（{field}），拒绝签名。",
        "The platform shows another draft than the one you made ({field}); it is not signed.",
    ),
    "answer-malformed": (
        "平台的回答不合约定（{what}）。",
        "The platform's answer is not as agreed ({what}).",
    ),
    "receipt-other-leaf": (
        "截止时冻结的台账中，这份投标对应的是另一份回执。请保存您的回执，并告知监督部门。",
        "In the frozen ledger this bid stands under another receipt than yours. Keep yours, and tell the "
        "supervisor.",
    ),
    "receipt-other-bid": (
        "回执不是这份投标的。",
        "The receipt is not for this bid.",
    ),
    "token-missing": (
        "需要令牌：用 --token、--token-file 或环境变量 SUNSEAL_TOKEN 给出。",
        "A token is needed: give it by --token, --token-file or the environment variable SUNSEAL_TOKEN.",
    ),
    "log-key-malformed": (
        "--log-key 不是日志的验证公钥（形如 名称+8 位十六进制+base64）。",
        "--log-key is no verifier key of a log (name+8 hexadecimal digits+base64).",
    ),
    "token-malformed": (
        "令牌含有不该有的字符。请原样粘贴平台给出的令牌。",
        "The token has characters that no token has. Paste it just as the platform gave it.",
    ),
    "password-missing": (
        "没有终端可输入密码。请用 --password-file 或环境变量 SUNSEAL_PASSWORD 给出。",
        "There is no terminal to ask for a password. Give it by --password-file or SUNSEAL_PASSWORD.",
    ),
    "facts-malformed": (
        "{path} 不是 JSON 对象；格式同 POST /tenders。",
        "{path} is no JSON object; it has the form of POST /tenders.",
    ),
    "envelope-key-malformed": (
        "{path} 不是 sunseal agency envelope-key 生成的附件密钥。",
        "{path} is no key that sunseal agency envelope-key made.",
    ),
    "no-stage": (
        "目前没有等待阶段评审的分段：标段不分段，或最后一段已经开启。",
        "No segment waits to be judged: bids have but one, or the last one is open.",
    ),
    "not-opened": (
        "开标记录尚未公布，请稍后再试。",
        "There is no opening record yet; try again later.",
    ),
    "notice-not-successor": (
        "平台出示的公告不是已接受公告的后继。",
        "The notice shown does not succeed the one that was accepted.",
    ),
    "notice-other-tender": ("公告是另一个标段的。", "The notice is of another tender."),
    "notice-own-key": (
        "公告中本保管人的密钥不是本机所制。",
        "The notice names another key for this custodian than the one made here.",
    ),
    "notice-not-accepted": (
        "没有已接受的公告。",
        "No notice has been accepted for this tender.",
    ),
    "log-key-other": (
        "平台日志的公钥与记录的不同。",
        "The key of the platform's log is not the one on record.",
    ),
    "log-gap": (
        "平台日志没有给出第 {position} 条。",
        "The platform's log does not give entry {position}.",
    ),
    "erase-unproved": (
        "日志中没有可核对的开标记录、流标或取消。",
        "The log shows no opening record, failure or cancellation that can be checked.",
    ),
    "erase-unreleased": (
        "平台称已开标，但日志中没有与本机记录相符、足以开标的份额释放；密钥不销毁。",
        "The tender is said to be opened, but the log shows no set of releases that could have opened it "
        "and agrees with what was released here; the key is kept.",
    ),
    "erase-unjustified": (
        "平台宣布流标，但本机核对的投标人数已达下限，且没有开标记录；密钥不销毁。",
        "The tender is said to have failed, but enough suppliers bid and nothing was opened; "
        "the key is kept.",
    ),
    "envelope-key-other": (
        "收件公钥不是招标人的。",
        "The envelope key is not the agency's.",
    ),
    "envelope-key-older": (
        "平台给出的招标人附件密钥不是公开日志中该单位最新的一把，没有交出份额。稍后自动重试；如仍如此，请告知监督部门，"
        "并请招标人重新登记附件密钥。",
        "The agency's envelope key that the platform shows is not its newest in the public log; no share was "
        "released. This is tried again; if it stays so, tell the supervisor, and ask the agency to set its "
        "key anew.",
    ),
    "store-missing": (
        "{path} 中没有保管人密钥库。先运行 sunseal custodian enrol 或 recover。",
        "There is no custodian's store in {path}. Make one with sunseal custodian enrol or recover.",
    ),
    "store-exists": (
        "{path} 中已有密钥库，不会覆盖；请换一个文件夹，更换密钥请用 --renew。",
        "{path} holds a store already and is not overwritten; choose another folder, or --renew its key.",
    ),
    "store-passphrase": (
        "密钥库 {path} 的口令不对。",
        "The passphrase of the store {path} is wrong.",
    ),
    "store-damaged": (
        "密钥库的记录 {name} 已损坏或被改动。请用备份恢复（sunseal custodian recover）。",
        "The store's record {name} is damaged or was changed. Recover from the backup (sunseal custodian "
        "recover).",
    ),
    "store-in-use": (
        "密钥库 {path} 正被另一个进程使用。请先停止代理程序。",
        "Another process works in the store {path}. Stop the agent first.",
    ),
    "passphrase-short": (
        "口令至少要有 {least} 个字符。",
        "A passphrase has {least} characters or more.",
    ),
    "passphrase-missing": (
        "没有终端可输入口令。请用 --passphrase-file 或环境变量 SUNSEAL_PASSPHRASE 给出。",
        "There is no terminal to ask for the passphrase. Give it by --passphrase-file or SUNSEAL_PASSPHRASE.",
    ),
    "fingerprints-uncompared": (
        "没有终端可确认指纹。请用 --root 和 --log-key 给出公布的值。",
        "There is no terminal to confirm the fingerprints. Give the published ones by --root and --log-key.",
    ),
    "fingerprint-other": (
        "平台出示的{what}与您给出的不同（{found}）。不要继续：您连接的可能不是该平台。",
        "The platform shows another {what} than the one you gave ({found}). Stop here: this may be another "
        "platform.",
    ),
    "fingerprints-refused": (
        "指纹未经确认，没有登记。",
        "The fingerprints were not confirmed; nothing was enrolled.",
    ),
    "store-other-party": (
        "新证书属于另一方（{found}），密钥库属于 {wanted}。请使用该保管人的令牌。",
        "The new certificate is another party's ({found}); the store is that of {wanted}. Use the token of "
        "that custodian.",
    ),
    "state-missing": (
        "{path} 不是代理程序的文件夹（其中没有 tenders）。",
        "{path} is not an agent's folder (it holds no tenders).",
    ),
    "words-group": (
        "词组的分法 {found} 不对：写成 t/n，例如 2/3（n 不超过 16；1/1 只有一份，需要多份相同的就抄写）。",
        "Words cannot be dealt as {found}: write t/n, such as 2/3 (n at most 16; of 1/1 there is one share, "
        "which may be copied).",
    ),
    "words-mistyped": (
        "这一份词组有误，请逐词核对（{reason}）。",
        "This share of the words is mistyped; compare it word by word ({reason})",
    ),
    "words-other": (
        "这一份词组与前面的不是同一套。请核对纸上的编号。",
        "This share belongs to another set of words than those before; look at the number on the sheet.",
    ),
    "words-missing": (
        "词组还不够（已有 {have}）。",
        "There are not enough shares of the words yet (so far {have}).",
    ),
    "backup-no-words": (
        "还没有备份词组。请先运行 sunseal custodian backup。",
        "There are no words for backups yet. Run sunseal custodian backup first.",
    ),
    "backup-malformed": (
        "{path} 不是保管人密钥库的备份，或已损坏。",
        "{path} is no backup of a custodian's store, or it is damaged.",
    ),
    "backup-other-words": (
        "这份备份是用另一套词组封存的（编号 {words}）。",
        "This backup is sealed to another set of words (number {words}).",
    ),
    "release-nothing": (
        "没有可以释放的：投标人数未达下限，或密钥不在本机。",
        "There is nothing to release: too few suppliers have bid, or the key is not here.",
    ),
    "release-declined": ("没有释放。", "Nothing was released."),
    "release-unasked": (
        "没有终端可确认。加 --yes 表示核对通过即释放。",
        "There is no terminal to ask. With --yes it is released if all checks hold.",
    ),
    "words-not-given": (
        "没有终端可输入词组。请用 --words-file 给出，每份一个文件。",
        "There is no terminal to ask for the words. Give them by --words-file, a file for each share.",
    ),
    "key-elsewhere": (
        "标段使用本保管人的一把密钥，但它不在本机（可能在浏览器或另一台机器上制作，或备份恢复时缺失）。"
        "请在持有该密钥的地方释放，或用更新的备份恢复。",
        "This tender names a key of this custodian that is not here: it was made in a browser or on another "
        "machine, or is not in the backup that was recovered. Release where the key is, or recover a newer "
        "backup.",
    ),
    "stock-too-large": (
        "平台要求的预备密钥超过 {limit} 把，未予办理。",
        "The platform asks for more than {limit} keys in advance; none were made.",
    ),
    "unlock-over": (
        "解锁时段已结束，投标没有解锁。如非贵单位原因，请立即告知招标人和监督部门。",
        "The window has ended and the bid was not unlocked. If that was not your fault, tell the agency and "
        "the supervisor at once.",
    ),
    "unlock-none": (
        "本标段不要求投标人自行加锁，无须解锁。",
        "This tender asks for no bidder's own lock: there is nothing to unlock.",
    ),
    "unlocking-not-over": (
        "解锁时段尚未结束，或本标段没有待认定的投标。",
        "The window has not ended, or no bid of this tender is left to be decided.",
    ),
    "unforeseen": (
        "程序出现意外错误（{kind}）；详情见系统日志。",
        "The program failed in a way nobody foresaw ({kind}); details are in the system's log.",
    ),
}
