"""What this package says to people: code -> (Chinese, English), with {parameters} filled in."""

from __future__ import annotations

from bids.messages_certificates import MESSAGES as CERTIFICATES
from bids.messages_documents import MESSAGES as DOCUMENTS
from bids.messages_opening import MESSAGES as OPENING
from bids.messages_promise import MESSAGES as PROMISE
from bids.messages_segments import MESSAGES as SEGMENTS
from bids.messages_tokens import MESSAGES as TOKENS
from bids.messages_witnesses import MESSAGES as WITNESSES

_FORMS = {
    "too-large": (
        "{what} 超过 {limit} 字节的上限。请减小后重新提交。",
        "The {what} is larger than the limit of {limit} bytes. Make it smaller.",
    ),
    "not-canonical": (
        "{what} 不是规范 JSON（RFC 8785）：{reason}。请用符合协议的客户端重新生成。",
        "The {what} is not canonical JSON (RFC 8785): {reason}. Make it again with a client that "
        "follows the protocol.",
    ),
    "encoding-invalid": (
        "{what} 中有编码错误：{reason}。请用符合协议的客户端重新生成。",
        "The {what} holds a malformed text: {reason}. Make it again with a client that follows the protocol.",
    ),
    "wrong-type": (
        "此对象的类型不是 {wanted}。请核对所提交的文件。",
        "This is not an object of the type {wanted}. Check which file you gave.",
    ),
    "member-missing": ("缺少 {path}。请补充后重新签名。", "{path} is missing. Add it and sign again."),
    "member-unknown": (
        "{path} 不是协议规定的内容。请删除后重新签名。",
        "{path} is not a member that the protocol knows. Leave it out and sign again.",
    ),
    "form-text": (
        "{path}：须为 {least} 至 {most} 个字符的文本。",
        "{path}: text of {least} to {most} characters is wanted.",
    ),
    "form-printable": (
        "{path}：含有控制字符或改变文字方向的字符，请删除。",
        "{path}: it holds control characters or marks that change the direction of text; remove them.",
    ),
    "form-pattern": (
        "{path}：格式不对，应形如 {wanted}。",
        "{path}: wrong form, it should look like {wanted}.",
    ),
    "form-choice": ("{path}：只能是 {wanted} 之一。", "{path}: it must be one of {wanted}."),
    "form-whole": (
        "{path}：须为 {least} 至 {most} 之间的整数。",
        "{path}: a whole number from {least} to {most} is wanted.",
    ),
    "form-flag": ("{path}：须为 true 或 false。", "{path}: true or false is wanted."),
    "form-id": (
        "{path}：标识须为 32 位小写十六进制数字。",
        "{path}: an id of 32 lower-case hex digits is wanted.",
    ),
    "form-digest": (
        "{path}：须为 64 位小写十六进制的 SHA-256 摘要。",
        "{path}: a SHA-256 of 64 lower-case hex digits is wanted.",
    ),
    "form-time": (
        "{path}：须为 UTC 时间，如 2026-06-01T09:00:00.000Z。",
        "{path}: a UTC time like 2026-06-01T09:00:00.000Z is wanted.",
    ),
    "form-base64": (
        "{path}：须为标准 base64，解码后 {least} 至 {most} 字节。",
        "{path}: padded standard base64 of {least} to {most} bytes is wanted.",
    ),
    "form-list": (
        "{path}：须为列表，{least} 至 {most} 项。",
        "{path}: a list of {least} to {most} entries is wanted.",
    ),
    "form-object": ("{path}：须为 JSON 对象。", "{path}: a JSON object is wanted."),
    "duplicate": ("{path}：{value} 重复出现。请去掉重复项。", "{path}: {value} is there twice. Remove one."),
    "name-unsafe": (
        "文件名 {name} 不可用：须为不含路径、特殊字符的单个文件名，至多 200 字节。请改名。",
        "The file name {name} cannot be used: it must be one plain name without path or special "
        "characters, at most 200 bytes. Rename the file.",
    ),
}

_MONEY = {
    "number-form": (
        "{path}：{value} 不是规定格式的数字，应形如 0.95 或 1200.50，不带千分位、符号和空格。",
        "{path}: {value} is not a number of the form 0.95 or 1200.50, without separators, signs or blanks.",
    ),
    "number-negative": (
        "{path}：{value} 是负数。价格和数量不得为负。",
        "{path}: {value} is negative. Prices and quantities cannot be.",
    ),
    "number-absurd": (
        "{path}：{value} 的位数超出合理范围（价格和数量整数至多 15 位、小数至多 8 位）。请核对。",
        "{path}: {value} has more digits than make sense; prices and quantities have at most 15 "
        "before and 8 after the point. Check it.",
    ),
    "amount-digits": (
        "{path}：金额 {value} 的小数位数与币种不符。",
        "{path}: the amount {value} does not have its currency's decimals.",
    ),
    "currency-unknown": (
        "币种 {currency} 不在 ISO 4217 现行代码之列。",
        "The currency {currency} is not a current ISO 4217 code.",
    ),
    "currency-differs": (
        "报价币种为 {currency}，招标公告要求 {wanted}。",
        "The offer is in {currency}; the notice asks for {wanted}.",
    ),
    "price-missing": (
        "第 {item} 项没有报价。每一项都须报价。",
        "Item {item} has no price. Every item needs one.",
    ),
    "offer-item-unknown": (
        "报价中的第 {item} 项不在招标公告的清单内。",
        "The offer has an item {item} that is not in the notice.",
    ),
    "offer-item-duplicate": ("报价中第 {item} 项重复。", "Item {item} is in the offer twice."),
    "offer-item-order": (
        "报价各项的次序与招标公告不一致。请按公告次序排列。",
        "The offer's items are in another order than the notice's. Put them in the same order.",
    ),
}

_NOTICE = {
    "policy-tender": ("密封规则属于另一个标段。", "The sealing policy is of another tender."),
    "segments-deadline": ("开标时间须与投标截止时间相同。", "The opening time must be the deadline."),
    "threshold-rehearsal": (
        "门限为 1 时一人即可开启，只允许用于演练（沙盒）。请增加保管人并提高门限。",
        "With a threshold of 1 one custodian opens alone, which is allowed for rehearsals (sandbox) only. "
        "Name more custodians and raise the threshold.",
    ),
    "independent-alone": (
        "门限为 1 时不得声明保管人相互独立。",
        "Custodians are not independent of each other where the threshold is 1.",
    ),
    "threshold": (
        "解密门限 {threshold} 与保管人数 {count} 不合：须超过半数且不多于全体。",
        "The threshold {threshold} does not fit {count} custodians: it must be more than half of "
        "them and at most all.",
    ),
    "custodian-duplicate": (
        "两个保管人的 {member} 相同。每个保管人须有自己的标识和密钥。",
        "Two custodians have the same {member}. Each needs an id and keys of its own.",
    ),
    "custodian-unknown": (
        "保管人 {custodian} 不在密封规则之列。",
        "The custodian {custodian} is not one of the sealing policy's.",
    ),
    "sealing-key-size": (
        "保管人 {custodian} 的密封公钥长度不对，应为 {wanted} 字节。",
        "The sealing key of the custodian {custodian} has the wrong length; {wanted} bytes are wanted.",
    ),
    "sealing-key-signature": (
        "保管人 {custodian} 对其密封公钥的签名无效。请向该保管人重新索取。",
        "The signature of the custodian {custodian} over its sealing key does not hold. Ask it for "
        "the key again.",
    ),
    "deadline-before-notice": ("投标截止时间须晚于公告时间。", "The deadline must be later than the notice."),
    "signer-role": (
        "{what} 的签名人角色为 {role}，应为 {wanted}。",
        "The {what} was signed in the role {role}; {wanted} is wanted.",
    ),
    "signer-not-buyer": (
        "公告不是由其中所列招标人签名的。",
        "The notice was not signed by the buyer that it names.",
    ),
}

_SIGNATURES = {
    "signature-invalid": (
        "{what} 的签名无效：{reason}。请重新签名。",
        "The signature of the {what} does not hold: {reason}",
    ),
    "certificate-expired": (
        "{what}：签名证书已过期。请换发证书。",
        "{what}: the signer's certificate has expired.",
    ),
    "certificate-not-yet-valid": (
        "{what}：签名证书尚未生效。",
        "{what}: the signer's certificate was not valid yet.",
    ),
    "certificate-revoked": ("{what}：签名证书已被吊销。", "{what}: the signer's certificate was revoked."),
    "certificate-untrusted": (
        "{what}：签名证书不能追溯到受信任的根证书。",
        "{what}: the signer's certificate does not lead to a trusted root.",
    ),
    "certificate-wrong-authority": (
        "{what}：签名证书不是为此用途签发的。",
        "{what}: the signer's certificate was not issued for this use.",
    ),
    "certificate-algorithm": (
        "{what}：签名证书使用了不接受的算法。",
        "{what}: the signer's certificate uses an algorithm not accepted.",
    ),
    "certificate-crl-missing": (
        "{what}：缺少当时有效的证书吊销列表。",
        "{what}: no revocation list current for that time is there.",
    ),
    "certificate-malformed": (
        "{what}：签名证书格式不符：{reason}。",
        "{what}: the signer's certificate is malformed: {reason}.",
    ),
    "signing-refused": ("{what}：未被接受：{reason}。", "{what}: {reason}"),
    "proof-invalid": ("{what}：默克尔证明不成立。", "{what}: the Merkle proof does not hold: {reason}"),
    "note-invalid": ("{what}：检查点签名不成立：{reason}", "{what}: the checkpoint does not hold: {reason}"),
    "enrolled-later": (
        "证书 {certificate} 在使用之后才登记。",
        "The certificate {certificate} was enrolled only after it was used.",
    ),
    "not-enrolled": (
        "证书 {certificate} 没有登记记录。请先在平台登记。",
        "The certificate {certificate} has no enrolment. It must be enrolled with the platform first.",
    ),
    "enrolment-disagrees": (
        "证书 {certificate} 的登记记录与证书内容不一致。",
        "The enrolment of the certificate {certificate} disagrees with what the certificate says.",
    ),
    "enrolment-twice": (
        "证书 {certificate} 有两份登记记录。",
        "The certificate {certificate} is enrolled twice.",
    ),
    "crl-unknown": (
        "缺少摘要为 {crl} 的证书吊销列表。",
        "The revocation list with the digest {crl} is not there.",
    ),
}

_LOCK = {
    "manifest-lock-missing": (
        "本标段要求投标人自行加锁，而投标清单没有锁的摘要。请用现行公告重新密封。",
        "This tender asks for a bidder's own lock, and the manifest has none. Seal again with the notice in "
        "force.",
    ),
    "manifest-lock-unasked": (
        "本标段不要求投标人自行加锁，而投标清单带有锁。请用现行公告重新密封。",
        "This tender asks for no bidder's own lock, and the manifest has one. Seal again with the notice in "
        "force.",
    ),
    "lock-secret-missing": (
        "本标段要求投标人自行加锁：密封或打开这份投标需要投标人的解锁密钥。",
        "This tender asks for a bidder's own lock: sealing or opening this bid takes its secret.",
    ),
    "unlock-not-frozen": (
        "平台尚不能证明保管人的份额已收齐并确定，解锁密钥没有发出。请稍后再试；如平台已显示可以解锁，请告知监督部门。",
        "The platform does not show that the custodians' shares are in and frozen, so the secret was not "
        "sent. Try again later; if the platform says that the window has begun, tell the supervisor.",
    ),
    "unlock-file-malformed": (
        "这不是解锁文件。请选择密封投标时保存的 .unlock 文件。",
        "This is no unlocking file. Choose the .unlock file that was kept when the bid was sealed.",
    ),
    "unlock-file-damaged": (
        "解锁文件已损坏：其中的密钥与所记摘要不符。请使用另一份备份。",
        "The unlocking file is damaged: its secret is not the one whose digest it states. Use another copy.",
    ),
    "lock-secret-other": (
        "解锁密钥不属于投标 {bid}。请选择密封这份投标时保存的解锁文件。",
        "This secret is not that of the bid {bid}. Choose the unlocking file kept when this bid was sealed.",
    ),
}

_MANIFEST = {
    "manifest-other-tender": (
        "投标清单是为另一个标段制作的。请用本标段的公告重新密封。",
        "The manifest is for another tender. Seal again with this tender's notice.",
    ),
    "manifest-other-policy": (
        "投标清单按另一份密封规则制作，已作废。请用现行公告重新密封。",
        "The manifest was sealed under another sealing policy and is void. Seal again with the "
        "notice in force.",
    ),
    "manifest-other-notice": (
        "投标清单依据的不是本标段的现行公告及其密封规则。请用现行公告重新密封。",
        "The manifest was made for another notice or policy than those of the tender. Seal again with the "
        "notice in force.",
    ),
    "manifest-other-suite": (
        "投标清单使用的密码套件与密封规则不同。",
        "The manifest uses another suite than the sealing policy names.",
    ),
    "manifest-other-supplier": (
        "投标清单中的供应商不是签名人。",
        "The manifest names another supplier than the one who signed it.",
    ),
    "manifest-parts": (
        "投标清单中下列各段须恰有公开部分和文件部分各一：{segments}。",
        "The manifest must have exactly one public and one files part of each of these segments: {segments}.",
    ),
    "manifest-part-twice": ("投标清单中同一部分出现两次。", "A part is in the manifest twice."),
    "manifest-public-objects": ("公开部分只能有一个对象。", "A public part has its index alone."),
    "manifest-objects": ("投标文件至多 {limit} 个对象。", "A bid has at most {limit} objects."),
    "manifest-object-twice": (
        "投标清单中两个对象的摘要相同。",
        "Two objects of the manifest have the same digest.",
    ),
    "manifest-object-size": (
        "{part} 部分第 {object} 个对象的大小 {size} 不可能由规定的填充得出。",
        "Object {object} of the part {part} has a size, {size}, that the prescribed padding never gives.",
    ),
    "manifest-shares": (
        "{part} 部分的密钥份额须与 {wanted} 名保管人一一对应。",
        "The part {part} must have a share for each of the {wanted} custodians.",
    ),
    "manifest-share-size": (
        "{part} 部分的密钥份额密文长度不对，应为 {wanted} 字节。",
        "A sealed share of the part {part} has the wrong length; {wanted} bytes are wanted.",
    ),
    "manifest-replaces-itself": ("投标不能替换其自身。", "A bid cannot replace itself."),
    "replaces-stale": (
        "替换的应是 {wanted}，而清单写的是 {replaces}。请读取现行投标后重新密封。",
        "The bid must replace {wanted}, not {replaces}. Read your current bid and seal again.",
    ),
}

_RECORDS = {
    "receipt-kind": (
        "回执须恰为一份投标清单或一份撤回书出具。",
        "A receipt is for exactly one manifest or one withdrawal.",
    ),
    "receipt-before-receiving": (
        "投标 {bid} 的回执早于收到时间。",
        "The receipt of the bid {bid} is from before the bid was received.",
    ),
    "receipt-mismatch": (
        "投标 {bid} 的回执与文件不符：{member}。",
        "The receipt of the bid {bid} is for another {member}.",
    ),
    "closing-early": ("截标声明早于截止时间。", "The closing statement is from before the deadline."),
    "closing-origin": (
        "截标声明中的检查点不属于本标段台账 {wanted}。",
        "The checkpoint in the closing statement is not of this tender's ledger, {wanted}.",
    ),
    "ledger-bid-twice": ("台账中投标 {bid} 出现两次。", "The bid {bid} is in the ledger twice."),
    "ledger-manifest-missing": ("缺少投标 {bid} 的清单。", "The manifest of the bid {bid} is missing."),
    "ledger-supplier": (
        "投标 {bid} 的台账记录与清单的供应商不同。",
        "Ledger and manifest of the bid {bid} name different suppliers.",
    ),
    "ledger-replaces-unknown": (
        "投标 {bid} 所替换的 {replaces} 不在台账中。",
        "The bid {bid} replaces {replaces}, which its supplier does not have in the ledger.",
    ),
    "ledger-replaced-twice": ("投标 {bid} 被替换两次。", "The bid {bid} is replaced twice."),
    "ledger-withdrawn-unknown": (
        "撤回的投标 {bid} 不在该供应商名下。",
        "The withdrawn bid {bid} is not one of its supplier's in the ledger.",
    ),
    "ledger-withdrawn-replaced": (
        "投标 {bid} 既被撤回又被替换。",
        "The bid {bid} is both withdrawn and replaced.",
    ),
    "ledger-cycle": (
        "台账中的投标互相替换，形成循环。",
        "Bids of the ledger replace each other in a circle.",
    ),
    "ledger-two-current": (
        "供应商 {supplier} 同时有两份现行投标。",
        "The supplier {supplier} has two current bids at once.",
    ),
}

_SEALING = {
    "sealing-failed": ("{what}：不能密封或解封：{reason}。", "{what}: sealing failed: {reason}"),
    "dealing-failed": (
        "{what}：密钥份额不能恢复密钥：{reason}。",
        "{what}: the shares do not recover the key: {reason}.",
    ),
    "padding-invalid": ("{what}：解密内容的填充不对：{reason}。", "{what}: wrong padding: {reason}."),
    "ciphertext-invalid": ("{what}：密文不能解密：{reason}。", "{what}: it cannot be decrypted: {reason}."),
    "ciphertext-digest": (
        "{what}：密文与投标清单中的摘要或大小不符。",
        "{what}: the ciphertext has not the digest and size that the manifest states.",
    ),
    "attachments-too-many": (
        "附件至多 {limit} 个。请合并后再密封。",
        "A bid has at most {limit} attachments. Combine some of them.",
    ),
    "attachment-duplicate": (
        "附件名 {name} 与另一附件相同。请改名。",
        "The attachment {name} has the same name as another one. Rename it.",
    ),
    "attachment-changed": (
        "附件 {name} 在密封时发生变化：{reason}。请重新密封。",
        "The attachment {name} changed while it was sealed: {reason} Seal again.",
    ),
    "signer-not-supplier": (
        "密封投标文件须用供应商证书签名。",
        "A bid is signed with the certificate of a supplier.",
    ),
    "contents-objects": (
        "文件目录与密文对象不一一对应。",
        "The list of files does not name each encrypted object exactly once.",
    ),
    "file-digest": (
        "文件 {name} 与目录中的摘要不符。",
        "The file {name} has another digest than the bid's list of files says.",
    ),
    "sealed-malformed": (
        "这不是完整的密封投标文件（{reason}）。请重新生成。",
        "This is not a whole sealed bid file ({reason}). Make it again.",
    ),
    "sealed-name": (
        "密封投标文件中有不允许的条目 {name}。",
        "The sealed bid file holds an entry that does not belong: {name}.",
    ),
    "sealed-duplicate": (
        "密封投标文件中条目 {name} 重复。",
        "The sealed bid file holds the entry {name} twice.",
    ),
    "sealed-missing": ("密封投标文件缺少 {name}。", "The sealed bid file lacks {name}."),
    "sealed-size": (
        "密封投标文件中 {name} 的大小不对。",
        "The entry {name} of the sealed bid file has the wrong size.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {
    **_FORMS,
    **_MONEY,
    **_NOTICE,
    **_SIGNATURES,
    **_LOCK,
    **_MANIFEST,
    **_RECORDS,
    **_SEALING,
    **CERTIFICATES,
    **OPENING,
    **SEGMENTS,
    **PROMISE,
    **TOKENS,
    **WITNESSES,
    **DOCUMENTS,
}
