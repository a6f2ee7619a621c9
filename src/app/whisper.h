/* whisper.h - what is told once to whoever hears a channel now, and is not kept: that somebody is
 * typing. No event, no seq; who is away has missed nothing. */
#ifndef PESAN_APP_WHISPER_H
#define PESAN_APP_WHISPER_H

#include "app/request.h"

/* What is told. Everything is copied. */
struct whisper {
    struct str channel; /* to persons' sockets on it, on every loop */
    const char *event;  /* its name, a literal */
    struct str values;  /* a JSON object */
    struct str by;      /* the account whose own devices are not told */
};

/* Does the socket whose command this is (RUN_HERE) hear the channel itself? */
MUST_USE bool whisper_hears(const struct request *rq, struct str channel);

/* Tell it. On a loop, in a command that is run there. */
void whisper(struct app *app, const struct whisper *w);

#endif
