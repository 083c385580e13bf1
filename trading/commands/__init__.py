"""The subcommands of `sunseal`, a module each."""
