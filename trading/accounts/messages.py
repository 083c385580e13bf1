"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "organisation-exists": (
        "机构 {scheme}:{identifier} 已经登记。请使用已登记的机构。",
        "The organisation {scheme}:{identifier} is enrolled already. Use the one that is there.",
    ),
    "organisation-not-found": (
        "没有这个机构。请核对机构编号。",
        "There is no such organisation. Check its id.",
    ),
    "token-role": (
        "该机构没有登记角色 {role}；已登记：{roles}。",
        "The organisation is not enrolled as {role}; it is enrolled as {roles}.",
    ),
    "token-days": (
        "令牌有效期为 {days} 天；应为 1 至 {most} 天。",
        "The token would hold {days} days; it may hold 1 to {most}.",
    ),
    "token-not-found": ("没有这个令牌。请核对令牌编号。", "There is no such token. Check its id."),
    "certificate-role": (
        "角色 {role} 不签署文件，不需要证书。",
        "The role {role} signs nothing and gets no certificate.",
    ),
    "certificate-key-in-use": (
        "该密钥已用于另一张证书，或其证书已撤销。请生成新的密钥。",
        "This key stands in another certificate, or its certificate was revoked. Make a new key.",
    ),
    "certificate-not-found": (
        "没有这张证书。请核对其 SHA-256 指纹。",
        "There is no such certificate. Check its SHA-256 fingerprint.",
    ),
    "certificate-unknown": (
        "签名所用证书不是由本平台签发的。请使用本平台签发的证书。",
        "The signature's certificate was not issued here. Sign with one that this platform issued.",
    ),
    "certificate-revoked-now": (
        "签名所用证书已被撤销。请申请新的证书后重新签名。",
        "The signature's certificate has been revoked. Request a new one and sign again.",
    ),
    "certificate-not-yours": (
        "签名所用证书不属于本机构的 {role} 角色。请用本机构该角色的证书签名。",
        "The signature's certificate is not your organisation's in the role {role}. Sign with one that is.",
    ),
    "signing-time": (
        "文件写明的签署时间 {at} 与平台时间相差过大（最早为 {days} 天前，最晚为 {minutes} 分钟后）。"
        "请核对本机时钟后重新签署。",
        "The time {at} that you signed is too far from the platform's: at most {days} days before and "
        "{minutes} minutes ahead. Check your clock and sign again.",
    ),
    "crl-none": (
        "尚未发布证书撤销列表。请稍后再试。",
        "No revocation list is published yet. Try again later.",
    ),
    "crl-not-found": (
        "没有这个证书撤销列表。请核对其 SHA-256。",
        "There is no such revocation list. Check its SHA-256.",
    ),
    "envelope-key-none": (
        "该机构尚未登记接收附件的信封密钥。",
        "The organisation has set no envelope key to receive attachments with.",
    ),
    "envelope-key-party": (
        "信封密钥声明中的机构不是本机构。请以本机构名义重新签署。",
        "The envelope key statement names another party. Sign one that names your own.",
    ),
    "envelope-key-unusable": (
        "信封密钥不可用：{reason}请重新生成。",
        "The envelope key cannot be used: {reason} Make a new one.",
    ),
    "envelope-key-older": (
        "该信封密钥声明早于已登记的声明。请重新签署。",
        "This envelope key statement is older than the one that is set. Sign a new one.",
    ),
}
