#include "emulator/ranks/exchange.h"

#include "emulator/base/standard_streams.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <unistd.h>

namespace murmur {

void end_rank_at_once(unsigned rank) {
    std::string what = "something was thrown that is no std::exception";
    try {
        throw;
    } catch (const std::bad_alloc&) {
        what = "not enough memory";
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {
    }
    say(stderr, "rank {}: the exchange with other ranks has failed: {}\n", rank, what);
    std::fflush(stderr);
    _exit(EXIT_FAILURE);
}

}  // namespace murmur
