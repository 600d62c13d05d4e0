//! What a person sees: the wizard's frames, from recorded sessions and in a real terminal.

mod clients;
mod film;
mod hostile;
mod many_notes;
mod masks;
mod on_servers;
mod over_ssh;
mod plain_answers;
mod replay;
mod scenarios;
mod terminal;
mod tty;
mod walk;
