/* ready.h - the demo's people get their passwords, beside the first requests. */
#ifndef PESAN_ACCOUNT_READY_H
#define PESAN_ACCOUNT_READY_H

#include "app/app.h"

/* Begin, where the house is a demo; nobody waits for it but log-ins. One house at a time. */
void ready_begin(struct app *app);

/* Wait until it has ended, which it does soon; before the writer and the workers stop. */
void ready_end(void);

#endif
