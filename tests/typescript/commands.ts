// What a command is. A test's own mistakes are its own: members are taken as they come.

export type Request = Record<string, any>;
export type Commands = Record<string, (request: Request) => unknown>;
