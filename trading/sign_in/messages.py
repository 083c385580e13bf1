"""The sentences of this feature's refusals: code -> (Chinese, English)."""

MESSAGES: dict[str, tuple[str, str]] = {
    "form-stale": (
        "此页面打开过久或来自别处，本次操作没有生效。请返回上一页，刷新后重新提交。",
        "This page was open too long or came from elsewhere; nothing was done. Go back, reload it and send "
        "it again.",
    ),
    "sign-in-wrong": (
        "用户名或密码不正确。请核对后重试；忘记密码时请本单位管理员或平台运营机构重新发送邀请链接。",
        "Username or password is wrong. Check both; if the password is lost, ask your organisation's "
        "administrator or the operator for a new invitation link.",
    ),
    "too-many-attempts": (
        "失败次数过多。请在 {minutes} 分钟后重试；也可以使用曾经登录过的浏览器、通行密钥或证书登录。",
        "Too many failed attempts. Try again in {minutes} minutes, or sign in from a browser you have used "
        "before, "
        "with a passkey or with a certificate.",
    ),
    "sign-in-again": (
        "登录步骤已超时或已完成。请从用户名和密码重新开始。",
        "This step of signing in is over. Begin again with username and password.",
    ),
    "code-wrong": (
        "验证码不正确或已使用过。请输入验证器应用当前显示的 6 位数字；手机时间应为自动校准。",
        "The code is wrong or was used already. Enter the six digits shown now; the phone's time must be set "
        "automatically.",
    ),
    "person-disabled": (
        "此账号已停用，或没有可用的角色。请联系本单位管理员或平台运营机构。",
        "This account is disabled or has no role any more. Ask your organisation's administrator or the "
        "operator.",
    ),
    "person-role": (
        "您没有角色 {role}。请从列出的角色中选择。",
        "You do not have the role {role}. Choose one of those listed.",
    ),
    "person-not-found": (
        "本单位没有这个人。请刷新页面后重试。",
        "The organisation has no such person. Reload the page.",
    ),
    "person-oneself": (
        "不能停用或重新邀请自己。请由另一位管理员或平台运营机构操作。",
        "You cannot disable or invite yourself. Another administrator or the operator can.",
    ),
    "person-without-role": ("请至少选择一个角色。", "Choose at least one role."),
    "session-not-found": (
        "没有这个会话，可能已经结束。",
        "There is no such session; it may be over already.",
    ),
    "passkey-none": (
        "浏览器没有给出通行密钥。请重试；此功能需要启用 JavaScript。",
        "The browser gave no passkey. Try again; this needs JavaScript.",
    ),
    "passkey-wrong": (
        "通行密钥未能验证，或不属于本平台。请重试，或用密码登录。",
        "The passkey could not be verified, or is none of this platform's. Try again, or sign in by "
        "password.",
    ),
    "passkey-not-found": ("没有这个通行密钥。请刷新页面。", "There is no such passkey. Reload the page."),
    "passkey-last": (
        "这是您唯一的第二验证方式，不能移除。请先添加另一个通行密钥。",
        "This is your only second factor and cannot be removed. Add another passkey first.",
    ),
    "password-old": ("现在的密码不正确。请重新输入。", "The present password is wrong. Enter it again."),
    "sign-in-origin": (
        "登录声明是为 {origin} 签署的，本平台地址为 {wanted}。请核对浏览器地址栏，谨防假冒网站。",
        "The sign-in was signed for {origin}, but this platform is at {wanted}. Check the browser's "
        "address bar: "
        "the other site may be false.",
    ),
    "certificate-answer-none": (
        "没有收到签名。请选择密钥后重试；此功能需要启用 JavaScript。",
        "No signature came. Choose a key and try again; this needs JavaScript.",
    ),
    "invitation-over": (
        "此邀请链接已使用、已过期或已被新的链接取代。请向邀请人索取新链接。",
        "This invitation was used, has expired or was replaced. Ask who invited you for a new one.",
    ),
    "username-taken": (
        "用户名 {username} 已被使用。请换一个。",
        "The username {username} is taken. Choose another.",
    ),
    "registration-not-found": (
        "没有这个注册申请。请刷新页面。",
        "There is no such registration. Reload the page.",
    ),
    "registration-decided": (
        "此申请已经处理过。请刷新页面。",
        "This registration was decided already. Reload the page.",
    ),
    "registration-pending": (
        "{name} 的注册正在核验，通过后即可登录。",
        "The registration of {name} is being checked; you can sign in when it is accepted.",
    ),
    "registration-refused": (
        "{name} 的注册未通过：{reason}。请更正后重新注册。",
        "The registration of {name} was refused: {reason} Correct it and register again.",
    ),
}
