/* cookie.h - the cookie `accessToken`, in which a browser keeps its token. */
#ifndef PESAN_APP_COOKIE_H
#define PESAN_APP_COOKIE_H

#include "app/request.h"

#define COOKIE_NAME "accessToken"

/* Set it (HttpOnly, SameSite=Lax, Secure where the public URL is https) until `until_us`, UTC. */
void reply_cookie(struct request *rq, struct str token, int64_t until_us);

/* Let the browser forget it. */
void reply_no_cookie(struct request *rq);

#endif
