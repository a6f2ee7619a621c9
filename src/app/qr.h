/* qr.h - QR codes as images. */
#ifndef PESAN_APP_QR_H
#define PESAN_APP_QR_H

#include "base/buf.h"

#define QR_TEXT_MAX 1024

/* `text` as an SVG image, black on white with the quiet zone of four modules (ISO/IEC 18004),
 * scaling to any size; appended. False (out unchanged) when the text is empty, too long or has a
 * NUL. */
MUST_USE bool qr_svg(struct buf *out, struct str text);

#endif
