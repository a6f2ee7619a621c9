/* text.h - what may be said: the rules for a message's text. */
#ifndef PESAN_CHAT_TEXT_H
#define PESAN_CHAT_TEXT_H

#include "app/problem.h"

#define TEXT_MAX 2000 /* characters: code points, not bytes */
#define NAME_MAX 100  /* the same for a room's name */

/* Is this a message? PROBLEM_NONE, or what is wrong with it: MESSAGE_EMPTY (no text, or nothing in
 * it that is seen), MESSAGE_TOO_LONG, MESSAGE_CHARACTERS (control characters but line feed and tab,
 * and those that turn the direction of writing, by which a text is made to look like another). */
enum problem text_check(struct str text);

#endif
