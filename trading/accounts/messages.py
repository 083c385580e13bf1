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
    "certificates-many": (
        "此人在 24 小时内已签发 {most} 张证书，已达上限。请使用已签发的证书，或明天再试。",
        "This person got {most} certificates within 24 hours, which is the most. Use one of them, or try "
        "again tomorrow.",
    ),
    "renewals-many": (
        "此网络地址的续期请求过多。请在 {seconds} 秒后重试。",
        "Too many renewals from this network address. Try again in {seconds} seconds.",
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
    "certificate-role-gone": (
        "该机构不再登记角色 {role}，证书不能续期。请与平台运营机构联系。",
        "The organisation is enrolled as {role} no more; its certificate is not renewed. Ask the operator.",
    ),
    "renewal-role-gone": (
        "您已没有角色 {role}，此证书不能续期。请由本机构管理员重新授予该角色，再申请证书。",
        "You do not have the role {role} any more, and this certificate is not renewed. Have your "
        "organisation's administrator give you the role again, then request a certificate.",
    ),
    "renewal-other-request": (
        "续期声明所列的证书申请不是这一份。请重新签署。",
        "The renewal that was signed names another certificate request. Sign it again.",
    ),
    "proof-origin": (
        "签署的声明是给 {origin} 的，本平台地址为 {wanted}。请核对平台地址后重新签署。",
        "What you signed is for {origin}; this platform's address is {wanted}. Check it and sign again.",
    ),
    "proof-time": (
        "声明的签署时间 {at} 与平台时间相差超过 {minutes} 分钟。请核对本机时钟后重新签署。",
        "The time {at} that you signed is more than {minutes} minutes from the platform's. Check your clock "
        "and sign again.",
    ),
    "proof-party": (
        "声明中的机构或角色不是您登录所代表的。请以本机构的角色重新签署。",
        "The proof names another party or role than you are signed in for. Sign one for your own.",
    ),
    "proof-key": (
        "声明不是用这张证书的私钥签署的。请用同一密钥重新签署。",
        "The proof was not signed by the certificate's own key. Sign it with that key.",
    ),
    "outside-authority-unknown": (
        "这张证书的签发机构不在本平台接受之列。接受的签发机构：{accepted}。",
        "The certificate's authority is not one that this platform accepts. Accepted: {accepted}.",
    ),
    "outside-none": (
        "本平台没有接受平台以外的签发机构。",
        "This platform accepts certificates of no authority but its own.",
    ),
    "outside-authority-gone": (
        "本平台不再接受签发机构 {name}。请改用其他证书。",
        "This platform accepts the authority {name} no more. Use another certificate.",
    ),
    "outside-list-old": (
        "签发机构 {name} 没有现行的吊销列表，暂时无法核对其证书。请稍后重试，或改用本平台签发的证书。",
        "There is no current revocation list of the authority {name}, so its certificates cannot be judged "
        "now. Try again later, or use a certificate of this platform's.",
    ),
    "outside-list-unfetched": (
        "签发机构 {name} 的吊销列表没有取到（{reason}）。",
        "The revocation list of the authority {name} was not fetched ({reason}).",
    ),
    "outside-list-unfit": (
        "从签发机构 {name} 取到的不是其现行的吊销列表。",
        "What was fetched from the authority {name} is not its current revocation list.",
    ),
    "outside-role": (
        "签发机构 {name} 的证书在本平台不能用于角色 {role}。",
        "Certificates of {name} do not count for the role {role} on this platform.",
    ),
    "outside-policies": (
        "这张证书没有 {name} 中平台所要求的证书策略。请向签发机构申领合适的证书。",
        "The certificate has none of the policies that this platform asks of {name}. Get one that has.",
    ),
    "outside-subject": (
        "这张证书的主体不符合平台对 {name} 证书的要求。请向签发机构申领合适的证书。",
        "The certificate's subject is not as this platform asks of certificates of {name}. Get one that is.",
    ),
    "outside-usage": (
        "这张证书的密钥用途不含抗抵赖（non-repudiation），而平台对 {name} 的证书有此要求。",
        "The certificate's key usage lacks non-repudiation, which this platform asks of {name}.",
    ),
    "outside-organisation": (
        "证书中的机构代码为 {found}，本机构应为 {wanted}。请使用本机构自己的证书，或更正登记。",
        "The certificate names the organisation {found}; yours is {wanted}. Use your own organisation's "
        "certificate, or have the enrolment corrected.",
    ),
    "outside-name": (
        "证书中的机构名称为“{found}”，登记的名称为“{wanted}”。两者须一致。",
        "The certificate names the organisation “{found}”; it is enrolled as “{wanted}”. They must agree.",
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
