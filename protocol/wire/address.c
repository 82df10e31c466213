/* How it works: the first letter says what the middle is; the port is what follows the
 * last colon. So the host is checked alone, with a form of its own for each letter.
 */
#include "protocol/wire/address.h"

#include <string.h>

#define PORT_MAX 65535u
#define LABEL_BYTES_MAX 63u
#define ONION_BYTES 56u
#define GROUP_DIGITS_MAX 4u
#define GROUPS 8u

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_hex_digit(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* A decimal number from 0 to `max` (below 2^20) without leading zeros. */
static bool is_number(struct copse_slice text, uint32_t max)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        value = value * 10 + (uint32_t)(text.data[i] - '0');
        if (value > max) {
            return false;
        }
    }
    return text.size == 1 || (text.size > 1 && text.data[0] != '0');
}

static bool is_port(struct copse_slice text)
{
    return is_number(text, PORT_MAX) && text.data[0] != '0';
}

/* Take what stands before the next `mark` off the front of `rest`, the mark too; at the end
 * of the text take what is left, and `rest` becomes nothing at all. */
static struct copse_slice take_until(struct copse_slice *rest, uint8_t mark)
{
    const uint8_t *found = rest->size == 0 ? NULL : memchr(rest->data, mark, rest->size);
    if (found == NULL) {
        struct copse_slice whole = *rest;
        *rest = (struct copse_slice){NULL, 0};
        return whole;
    }
    struct copse_slice front = {rest->data, (size_t)(found - rest->data)};
    *rest = (struct copse_slice){found + 1, rest->size - front.size - 1};
    return front;
}

static bool is_ipv4(struct copse_slice host)
{
    for (size_t i = 0; i < 4; i++) {
        if (host.data == NULL || !is_number(take_until(&host, '.'), 255)) {
            return false;
        }
    }
    return host.data == NULL;
}

/* Groups of hexadecimal digits; one run of them may be left out as "::". */
static bool is_ipv6(struct copse_slice host)
{
    size_t groups = 0;
    bool is_short = false;
    size_t i = 0;
    while (i < host.size) {
        if (host.data[i] == ':') {
            if (is_short || i + 1 >= host.size || host.data[i + 1] != ':') {
                return false;
            }
            is_short = true;
            i += 2;
            continue;
        }
        size_t digits = 0;
        while (i < host.size && is_hex_digit(host.data[i])) {
            digits++;
            i++;
        }
        groups++;
        if (digits == 0 || digits > GROUP_DIGITS_MAX) {
            return false;
        }
        if (i < host.size) {
            bool is_double = i + 1 < host.size && host.data[i + 1] == ':';
            if (host.data[i] != ':' || i + 1 == host.size) {
                return false;
            }
            i += is_double ? 0 : 1;
        }
    }
    return is_short ? groups < GROUPS : groups == GROUPS;
}

/* Labels of letters, digits and hyphens, which do not stand at an end. The last label begins
 * with a letter, so that no IP address passes for a name. */
static bool is_domain(struct copse_slice host)
{
    struct copse_slice label = {NULL, 0};
    while (host.data != NULL) {
        label = take_until(&host, '.');
        if (label.size == 0 || label.size > LABEL_BYTES_MAX || label.data[0] == '-' ||
            label.data[label.size - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.size; i++) {
            if (!is_letter(label.data[i]) && !is_digit(label.data[i]) && label.data[i] != '-') {
                return false;
            }
        }
    }
    return label.size > 0 && is_letter(label.data[0]);
}

static bool is_onion(struct copse_slice host)
{
    struct copse_slice name = take_until(&host, '.');
    if (name.size != ONION_BYTES || !copse_bytes_equal(host, copse_bytes_of_string("onion"))) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        bool is_base32 = (name.data[i] >= 'a' && name.data[i] <= 'z') ||
                         (name.data[i] >= '2' && name.data[i] <= '7');
        if (!is_base32) {
            return false;
        }
    }
    return true;
}

static bool is_bracketed_ipv6(struct copse_slice host)
{
    return host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']' &&
           is_ipv6((struct copse_slice){host.data + 1, host.size - 2});
}

bool copse_address_is_valid(struct copse_slice text)
{
    if (text.size < 2 || text.size > COPSE_ADDRESS_BYTES_MAX || text.data[1] != ':') {
        return false;
    }
    size_t colon = text.size - 1;
    while (text.data[colon] != ':') {
        colon--;
    }
    if (colon < 3 || !is_port((struct copse_slice){text.data + colon + 1, text.size - colon - 1})) {
        return false;
    }
    struct copse_slice host = {text.data + 2, colon - 2};
    switch (text.data[0]) {
    case '4':
        return is_ipv4(host);
    case '6':
        return is_bracketed_ipv6(host);
    case 'd':
        return is_domain(host);
    case 'o':
        return is_onion(host);
    }
    return false;
}
