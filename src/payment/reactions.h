/* reactions.h - what payment does about what happens to orders and in machines. */
#ifndef PESAN_PAYMENT_REACTIONS_H
#define PESAN_PAYMENT_REACTIONS_H

#include "journal/cursor.h"

#define PAYMENT_REACTIONS 7

extern const struct reaction payment_reactions[PAYMENT_REACTIONS];

#endif
