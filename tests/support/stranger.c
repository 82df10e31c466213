/* Somebody who is no copse node, at a port of this machine: copse_stranger MODE
 * Prints the port, then takes call after call until it is killed.
 *   http    answers as a web server does
 *   silent  takes the call and says nothing
 *   away    hangs up at the first word
 *   half    hangs up in the middle of its own first word
 *   noise   answers with bytes of the right length that mean nothing */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 98 /* what a node says second: a length of two bytes, then as many */

static void answer(int caller, const char *mode)
{
    static const char web[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    unsigned char noise[ANSWER_BYTES];
    char heard[256];
    memset(noise, 0x5a, sizeof(noise));
    noise[0] = 0;
    noise[1] = ANSWER_BYTES - 2;
    ssize_t got = read(caller, heard, sizeof(heard));
    ssize_t said = 0;
    if (got > 0 && strcmp(mode, "http") == 0) {
        said = write(caller, web, sizeof(web) - 1);
    } else if (got > 0 && strcmp(mode, "half") == 0) {
        said = write(caller, noise, sizeof(noise) / 2);
    } else if (got > 0 && strcmp(mode, "noise") == 0) {
        said = write(caller, noise, sizeof(noise));
    }
    if (said >= 0) {
        (void)close(caller);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(place);
    int ear = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 2 || ear < 0 || bind(ear, (const struct sockaddr *)&place, size) != 0 ||
        listen(ear, 8) != 0 || getsockname(ear, (struct sockaddr *)&place, &size) != 0) {
        return 1;
    }
    (void)printf("%u\n", (unsigned)ntohs(place.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int caller = accept(ear, NULL, NULL);
        if (caller >= 0 && strcmp(argv[1], "silent") != 0) {
            answer(caller, argv[1]);
        }
    }
}
