/* A relay between two nodes that counts what passes: one connection at a time.
 *
 *   copse_relay HOST:PORT [STALL]    goes on to HOST:PORT, a dotted address
 *
 * Prints the address at which it listens. At the end of each connection it prints how many bytes
 * went to the other side, how many came back, and for how many seconds the connection lived. After
 * STALL bytes it takes no more from the other side, like a peer that asks and never reads.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CALLER, CALLED };

static int relay_address(struct sockaddr_in *out, const char *text)
{
    char host[32];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
        return -1;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    out->sin_port = htons((in_port_t)strtoul(colon + 1, NULL, 10));
    return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? 0 : -1;
}

static int relay_listen(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int door = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (door < 0 || bind(door, (const struct sockaddr *)&at, size) != 0 || listen(door, 8) != 0 ||
        getsockname(door, (struct sockaddr *)&at, &size) != 0) {
        return -1;
    }
    (void)printf("127.0.0.1:%u\n", (unsigned)ntohs(at.sin_port));
    (void)fflush(stdout);
    return door;
}

/* Passes on once what has come. 0: that side has ended. */
static size_t relay_pass(int from, int to)
{
    char room[16384];
    ssize_t size = read(from, room, sizeof room);
    for (ssize_t done = 0; done < size;) {
        ssize_t step = write(to, room + done, (size_t)(size - done));
        if (step < 0 && errno == EINTR) {
            continue;
        }
        if (step <= 0) {
            return 0;
        }
        done += step;
    }
    return size > 0 ? (size_t)size : 0;
}

static void relay_live(const int sides[2], size_t stall)
{
    size_t passed[2] = {0, 0};
    time_t began = time(NULL);
    for (;;) {
        struct pollfd wishes[2] = {{sides[CALLER], POLLIN, 0}, {sides[CALLED], POLLIN, 0}};
        int ready = 0;
        if (passed[CALLED] >= stall) {
            wishes[CALLED].events = 0;
        }
        ready = poll(wishes, 2, -1);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        int from = (wishes[CALLER].revents & POLLIN) != 0 ? CALLER : CALLED;
        if (ready < 0 || (wishes[from].revents & POLLIN) == 0) {
            break;
        }
        size_t size = relay_pass(sides[from], sides[1 - from]);
        if (size == 0) {
            break;
        }
        passed[from] += size;
    }
    (void)printf("%zu %zu %ld\n", passed[CALLER], passed[CALLED], (long)(time(NULL) - began));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sockaddr_in other;
    size_t stall = argc > 2 ? strtoul(argv[2], NULL, 10) : SIZE_MAX;
    if (argc < 2 || relay_address(&other, argv[1]) != 0) {
        (void)fprintf(stderr, "usage: copse_relay HOST:PORT [STALL]\n");
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    int door = relay_listen();
    while (door >= 0) {
        int sides[2] = {accept(door, NULL, NULL), socket(AF_INET, SOCK_STREAM, 0)};
        if (sides[CALLER] >= 0 && sides[CALLED] >= 0 &&
            connect(sides[CALLED], (const struct sockaddr *)&other, sizeof other) == 0) {
            relay_live(sides, stall);
        }
        (void)close(sides[CALLER]);
        (void)close(sides[CALLED]);
    }
    return 1;
}
