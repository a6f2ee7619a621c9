/* cookie_inside.h - the way of a cookie through the house, for guard and dispatcher. */
#ifndef PESAN_APP_COOKIE_INSIDE_H
#define PESAN_APP_COOKIE_INSIDE_H

#include "app/call.h"

#define COOKIE_TOKEN_US (INT64_C(900) * 1000000) /* life of a token that is renewed on the way */

/* Set the caller by the cookie's token, which may have expired while its session lives; then, and
 * when it is past a third of its life, the answer will bring a renewed one. False, with the cookie
 * to be removed, when it is no longer good. */
MUST_USE bool cookie_identify(struct call *c, struct str token);

/* Add Set-Cookie to the answer that is about to leave: what the handler said, else a renewal. It is
 * no header of the handler's, so it is in no kept answer (repeat.h). */
void cookie_answer(struct call *c);

#endif
