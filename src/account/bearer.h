/* bearer.h - the tokens in which a person's session goes through the world. */
#ifndef PESAN_ACCOUNT_BEARER_H
#define PESAN_ACCOUNT_BEARER_H

#include "account/account.h"
#include "account/session.h"

/* The token of one turn of the session, issued at `issued_us`: the same text for the same turn as
 * long as the person stays what he is. In the arena. */
struct str bearer_token(struct request *rq, const struct account *a, const struct session *s,
                        int64_t turn, int64_t issued_us);

/* The token in the cookie that came with the request; at == NULL: none. */
struct str bearer_cookie(struct request *rq);

#endif
