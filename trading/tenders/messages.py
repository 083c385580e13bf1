"""The sentences of this feature's refusals: code -> (Chinese, English)."""

# What states and events are called in a Chinese sentence; an English one takes their codes.
CHINESE = {
    "state": {
        "draft": "草稿", "published": "接受投标", "closed": "已截标", "opening": "正在开标",
        "judging": "阶段评审", "opened": "已开标", "evaluated": "已评审", "awarded": "已中标",
        "failed": "流标", "cancelled": "已终止",
    },
    "event": {
        "publish": "发布", "amend": "更正", "close": "截标", "freeze": "开标",
        "record": "开标记录", "record-stage": "阶段开标记录", "admit": "阶段评审", "evaluate": "评审",
        "award": "定标", "fail": "流标", "cancel": "终止", "document": "上传文件",
        "unlock-decision": "未解锁认定",
    },
}  # fmt: skip

MESSAGES: dict[str, tuple[str, str]] = {
    "document-none": ("请先选择一个文件。", "Choose a file first."),
    "second-person": (
        "草稿由您最后修改，须由本单位另一位经办人核对并签发。",
        "You were the last to change this draft: another person of the agency must check and publish it.",
    ),
    "state-refuses": (
        "标段当前状态为“{state}”，不能进行“{event}”。请重新读取标段状态。",
        "The tender is in the state {state}, which does not allow {event}. Read the tender again.",
    ),
    "state-statement": (
        "{event} 须有签名的 {statement} 声明，现缺少该声明。",
        "{event} needs a signed {statement} statement, and it is not there.",
    ),
    "state-fact-unknown": (
        "缺少判断所需的事实 {fact}，操作未进行。",
        "The fact {fact} is not known, so nothing was done.",
    ),
    "state-too-late": (
        "截止时间 {deadline} 已到，不能再进行此操作。",
        "The deadline {deadline} has passed; this can no longer be done.",
    ),
    "state-too-early": (
        "截止时间 {deadline} 未到，不能提前进行。",
        "The deadline {deadline} has not come; nothing is done early.",
    ),
    "state-too-few-bidders": (
        "投标人少于 {minimum} 家，不得开标。",
        "There are fewer than {minimum} bidders; the bids may not be opened.",
    ),
    "state-too-few-releases": (
        "仅有 {releases} 位保管人释放份额，开标需要 {threshold} 位。",
        "Only {releases} custodians have released; opening needs {threshold}.",
    ),
    "state-bids-pending": (
        "尚有 {pending} 份投标未尝试开启。",
        "The opening of {pending} bids has not been tried yet.",
    ),
    "state-no-responsive-bid": (
        "没有可授标的有效投标。",
        "No responsive bid is left that the award could go to.",
    ),
    "state-reason-missing": ("须说明理由。", "A reason must be given."),
    "pack-unknown": (
        "没有规则包 {pack}。请选用 generic 或 cn-works。",
        "There is no rule pack {pack}. Choose generic or cn-works.",
    ),
    "calendar-unknown": (
        "{year} 年的法定节假日安排尚未公布或未载入，无法计算期限，平台不作推测。"
        "请由平台运营者在 holidays_file 中载入该年的安排后再试。",
        "The public holidays of {year} are not announced or not loaded, so days cannot be counted, and the "
        "platform does not guess. The operator names them in holidays_file; then try again.",
    ),
    "rule-opening-time": (
        "开标时间必须与投标截止时间相同。",
        "The opening time must be the deadline for bids.",
    ),
    "rule-minimum-bidders": (
        "最少投标人数不得低于 {minimum}。",
        "The minimum number of bidders may not be below {minimum}.",
    ),
    "rule-no-ceiling": (
        "规则包 {pack} 不设最高限价。请去掉最高限价，或选用允许最高限价的规则包。",
        "The rule pack {pack} knows no ceiling price. Leave it out, or choose a pack that allows one.",
    ),
    "rule-documents-to-deadline": (
        "自招标文件发出至投标截止不得少于 {days} 日，截止日最早为 {earliest}。",
        "At least {days} days must lie between the documents and the deadline; the earliest "
        "deadline is {earliest}.",
    ),
    "rule-amendment-to-deadline": (
        "更正影响投标文件编制的，距投标截止不得少于 {days} 日，否则须顺延；截止日最早为 {earliest}。",
        "An amendment that affects bids must leave at least {days} days before the deadline, else the "
        "deadline moves; the earliest is {earliest}.",
    ),
    "rule-reseal-hours": (
        "更正使已密封的投标失效的，距截标不得少于 {hours} 小时，供所有投标人重新密封；"
        "截标时间最早为 {earliest}，请推迟。",
        "An amendment that voids sealed bids must leave everybody at least {hours} hours before the deadline "
        "to seal again; the earliest is {earliest}. Set a later deadline.",
    ),
    "rule-documents-available": (
        "招标文件的发售期不得少于 {days} 日，截止日最早为 {earliest}。",
        "The documents must be available for at least {days} days; the earliest deadline is {earliest}.",
    ),
    "project-not-found": (
        "没有这个项目，或您的机构无权查看。",
        "There is no such project, or it is not your organisation's.",
    ),
    "project-number-taken": (
        "贵机构已有编号为 {number} 的项目。请换用其他编号。",
        "Your organisation already has a project numbered {number}. Use another number.",
    ),
    "tender-not-found": ("没有这个标段，或尚未公开。", "There is no such tender, or it is not public yet."),
    "tender-not-draft": (
        "标段已发布，不能修改草稿内容。请发布更正公告。",
        "The tender is published; its draft can no longer be changed. Publish an amended notice.",
    ),
    "tender-items-duplicate": (
        "清单项目编号 {number} 重复。",
        "The item number {number} is there more than once.",
    ),
    "tender-deadline-past": (
        "投标截止时间 {deadline} 不在将来。",
        "The deadline {deadline} does not lie in the future.",
    ),
    "tender-currency-unknown": ("不支持币种 {currency}。", "The currency {currency} is not known here."),
    "tender-amount-form": (
        "{field} 须为大于零的金额，小数位数与币种一致（{digits} 位）。",
        "{field} must be an amount above zero with exactly the currency's {digits} decimal digits.",
    ),
    "tender-segments": (
        "投标文件不能按“{segments}”分段。可选：不分段，资格＋价格，技术＋价格，资格＋技术＋价格。",
        "Bids cannot be asked for in the segments {segments}. There are: one; qualification and price; "
        "technical and price; qualification, technical and price.",
    ),
    "tender-threshold": (
        "门限 {threshold} 与 {count} 位保管人不符：须过半数且不超过人数。",
        "The threshold {threshold} does not fit {count} custodians: more than half of them and no "
        "more than all.",
    ),
    "tender-threshold-rehearsal": (
        "门限为 1 时一人即可开启，只允许用于演练（sandbox）。请增加保管人并提高门限。",
        "With a threshold of 1 one custodian opens alone, which is allowed for rehearsals (sandbox) "
        "only. Name more custodians and raise the threshold.",
    ),
    "tender-independent-alone": (
        "门限为 1 时不得声明保管人相互独立（independent）。",
        "Custodians are not independent of each other where the threshold is 1.",
    ),
    "tender-independent-embedded": (
        "本平台与保管人在同一进程运行，其运营者持有全部密钥，不得声明保管人相互独立（independent）。",
        "This platform runs custodians in its own process, so its operator holds their keys: they are "
        "not independent and the tender must not say so.",
    ),
    "tender-custodian": (
        "机构 {organisation} 未登记为保管人，或重复列出。",
        "The organisation {organisation} is not enrolled as a custodian, or stands there twice.",
    ),
    "tender-custodian-role": (
        "保管人角色 {role} 须为小写字母、数字和连字符。",
        "The custodian's role {role} must be lower-case letters, digits and hyphens.",
    ),
    "custodian-not-of-tender": (
        "贵机构不是本标段的保管人。",
        "Your organisation is no custodian of this tender.",
    ),
    "custodian-no-certificate": (
        "贵机构没有有效的保管人证书（或指定的证书不属于贵机构）。请先申请证书。",
        "Your organisation has no valid custodian certificate, or not the one named. Request one first.",
    ),
    "custodian-key-set": (
        "标段已发布，封存公钥已写入公告，不能更换。",
        "The tender is published with your sealing key in its notice; the key cannot be exchanged any more.",
    ),
    "custodian-key-needed": (
        "标段已发布或正在使用此密钥，不能收回。",
        "The tender is published with this key, or is taking it just now; it cannot be given up.",
    ),
    "document-name": (
        "文件名 {name} 不能使用。请使用不含路径和控制字符的普通文件名。",
        "The file name {name} cannot be used. Use a plain name without paths or control characters.",
    ),
    "document-exists": (
        "已有名为 {name} 的文件，内容不同。文件一经上传不得更改，请换用其他名称。",
        "There is a document named {name} with other content. Documents are never changed; use another name.",
    ),
    "document-not-found": ("没有这个文件。", "There is no such document."),
    "notice-disagrees": (
        "公告中的 {field} 与标段草稿、已准备的更正或已收到的保管人公钥不一致。请重新读取后再生成公告。",
        "The notice's {field} does not agree with the draft, the prepared amendment or the custodians' keys "
        "here. Read them again and build the notice anew.",
    ),
    "notice-keys-missing": (
        "尚有保管人未提交封存公钥，不能发布。",
        "Not every custodian has handed in its sealing key yet; wait for them.",
    ),
    "notice-envelope-key-missing": (
        "贵机构没有可用的信封密钥，保管人届时无法交出份额。"
        "请先登记信封密钥（PUT /envelope-key），再发布公告。",
        "Your organisation has no envelope key that custodians would seal to, so they could not release. "
        "Set one (PUT /envelope-key), then publish.",
    ),
    "notice-custodian-certificate": (
        "保管人 {custodian} 没有有效期至 {until} 的证书，届时无法交出份额。"
        "请由该保管人先用 sunseal enrol 登记新密钥后重新起草，或改用其他保管人。",
        "The custodian {custodian} has no certificate for its signing key that holds until {until}, so it "
        "could not release. Have it enrol a new key (sunseal enrol) and draft the tender anew, or choose "
        "another custodian.",
    ),
    "notice-replaces": (
        "公告的 replaces 须为现行公告的摘要（首次发布时不得有）。",
        "The notice's `replaces` must be the digest of the notice in force, and absent in a first one.",
    ),
    "notice-policy-returns": (
        "此封存策略曾经使用过，恢复它会使已作废的投标重新生效。请换用不同的截止时间或等候秒数。",
        "This sealing policy was in force before; returning to it would revive void bids. Choose "
        "another deadline "
        "or other grace seconds.",
    ),
    "amendment-none": (
        "没有准备中的更正。请先准备更正。",
        "No amendment is prepared. Prepare one first.",
    ),
    "amendment-nothing": (
        "与现行公告没有任何不同。请更改要更正的内容。",
        "Nothing differs from the notice in force. Change what is to be amended.",
    ),
    "amendment-unprepared": (
        "本单位有多位经办人：更正须先由一人准备，再由另一人核对签发。请先准备更正。",
        "More than one person signs in for the agency: one prepares an amendment, another checks and "
        "publishes it. Prepare it first.",
    ),
    "amendment-own": (
        "更正由您准备，须由本单位另一位经办人核对并签发。",
        "You prepared this amendment: another person of the agency must check and publish it.",
    ),
    "amendment-document": (
        "没有名为 {name} 的文件。请先上传。",
        "There is no document named {name}. Upload it first.",
    ),
    "notice-not-found": ("没有这份公告。", "There is no such notice."),
    "cancellation-disagrees": (
        "终止声明的 {field} 与本标段不符。",
        "The cancellation's {field} is not this tender's.",
    ),
}
