/* qr.c - QR codes as images; the only file that knows libqrencode. */
#include "app/qr.h"

#include <qrencode.h>

#define QUIET 4 /* modules around the code */

/* One row of modules as runs: "M x y h width v1 h-width z". */
static void add_row(struct buf *out, const QRcode *code, int y)
{
    const unsigned char *row = code->data + (size_t)y * (size_t)code->width;
    for (int x = 0; x < code->width;) {
        int end = x;
        while (end < code->width && (row[end] & 1))
            end++;
        if (end > x)
            buf_addf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, end - x, end - x);
        x = end + 1;
    }
}

bool qr_svg(struct buf *out, struct str text)
{
    char copy[QR_TEXT_MAX + 1];
    if (text.len == 0 || text.len > QR_TEXT_MAX || memchr(text.at, '\0', text.len))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    QRcode *code = QRcode_encodeString8bit(copy, 0, QR_ECLEVEL_M);
    if (!code)
        return false;
    int side = code->width + 2 * QUIET;
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
             " shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
             "<path d=\"",
             side, side, side, side);
    for (int y = 0; y < code->width; y++)
        add_row(out, code, y);
    buf_add_cstr(out, "\"/></svg>\n");
    QRcode_free(code);
    return true;
}
