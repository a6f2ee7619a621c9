/* prompt.h - a password typed by whoever runs a command. */
#ifndef PESAN_ACCOUNT_PROMPT_H
#define PESAN_ACCOUNT_PROMPT_H

#include "base/buf.h"

/* From the terminal without echo, twice the same; or the first line of what is no terminal. False
 * with a clear line in *why_r. */
MUST_USE bool prompt_password(struct buf *password, const char **why_r);

#endif
