"""The sentences about segments and the stages in which they open: code -> (Chinese, English)."""

MESSAGES = {
    "segments-course": (
        "投标文件段 {segment} 不合规定：第一段在投标截止时开启，其后各段依次在前一段之后开启，名称不得重复。",
        "The segment {segment} does not fit: the first opens at the deadline, each other one after the one "
        "before it, and each has a name of its own.",
    ),
    "segments-names": (
        "只有一段时名称须为 bid；有几段时最后一段须为 price（价格），其余各段不得称为 bid 或 price。",
        "The only segment is called bid; of several, the last is called price and no other one bid or price.",
    ),
    "segments-contents": (
        "投标须恰有下列各段的内容：{wanted}。请逐段准备后再密封。",
        "A bid needs the contents of exactly these segments: {wanted}. Prepare each of them, then seal.",
    ),
    "offer-priced": (
        "没有价格的投标文件段中出现了 {path}。价格只能写在最后一段。",
        "{path} stands in a segment without prices. Prices belong into the last segment alone.",
    ),
    "stage-missing": (
        "分段 {segment} 尚无招标人签署的阶段评审书，不得开启。",
        "The agency has signed no stage statement for the segment {segment} yet: it is not opened.",
    ),
    "stage-second": (
        "分段 {segment} 有第二份阶段评审书；每段只能有一份。平台或招标人违约。",
        "There is a second stage statement for the segment {segment}, which can have but one. Platform or "
        "agency is not honest.",
    ),
    "stage-other-closing": (
        "阶段评审书针对另一标段或另一份截标声明。",
        "The stage statement is for another tender or closing.",
    ),
    "stage-other-segment": (
        "阶段评审书针对分段 {segment}，此时应为 {wanted}。",
        "The stage statement is for the segment {segment}; it is the turn of {wanted}.",
    ),
    "stage-other-opening": (
        "阶段评审书针对另一份开标记录。请按已公布的开标记录重新签署。",
        "The stage statement is about another opening record. Sign one about the record that was published.",
    ),
    "stage-bid-twice": (
        "阶段评审书中投标 {bid} 出现两次。",
        "The stage statement names the bid {bid} twice.",
    ),
    "stage-bid-unknown": (
        "投标 {bid} 在前一段没有开启，不能进入下一段，也无需否决。",
        "The bid {bid} was not opened in the segment before: it is neither admitted nor rejected.",
    ),
    "stage-bid-missing": (
        "阶段评审书没有写明投标 {bid} 是通过还是被否决。",
        "The stage statement does not say whether the bid {bid} is admitted or rejected.",
    ),
    "stage-record": (
        "前一段的开标记录不是该段当前投标的记录。",
        "The opening record of the segment before is not one of that segment's bids.",
    ),
    "release-other-segment": (
        "释放声明针对分段 {segment}，此时开启的是 {wanted}。",
        "The release is for the segment {segment}; it is {wanted} that opens now.",
    ),
    "verify-stage": (
        "招标人签署的阶段评审书完整，并在前一段开标之后、分段 {segment} 开启之前记入日志：{count} 份投标"
        "进入下一段，{rejected} 份被否决并写明理由。",
        "The agency's stage statement holds and was logged after the segment before was opened and before "
        "{segment} was: {count} bid(s) go on, {rejected} were rejected with reasons.",
    ),
    "verify-few-admitted": (
        "通过评审进入分段 {segment} 的投标人为 {suppliers} 家，不足 {wanted} 家，标段因此终止。",
        "{suppliers} supplier(s) were admitted to the segment {segment}, fewer than the {wanted} that are "
        "needed; so the tender ended.",
    ),
}
