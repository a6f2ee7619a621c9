/* opening.h - the first unit of work of a house, written like anything else before anybody may ask.
 */
#ifndef PESAN_APP_OPENING_H
#define PESAN_APP_OPENING_H

#include "app/app.h"

/* Fill a new demo, begin to sweep kept answers. Waits for the writer; before the loops run. False
 * with a line in *why_r when it could not be written. */
MUST_USE bool opening_perform(struct app *app, const char **why_r);

#endif
