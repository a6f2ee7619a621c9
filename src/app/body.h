/* body.h - the request's body as a JSON value, whichever way it was sent. */
#ifndef PESAN_APP_BODY_H
#define PESAN_APP_BODY_H

#include "app/call.h"

/* Set rq->body by the route's flags and the request's Content-Type: JSON, a form as a flat object
 * of texts, {} when absent. False after refuse(). */
MUST_USE bool body_read(struct call *c);

/* A form (application/x-www-form-urlencoded) as a flat object; NULL with a reason when malformed.
 */
MUST_USE json_t *body_form(struct arena *arena, struct str text, const char **why_r);

#endif
