// What it costs to send parameters from one rank to another, over the engine that ranks use.
//
// Two processes of this machine, started by mpirun, send each other vectors as the values of tasks
// go: written, sent, received, read.  Printed are nanoseconds of CPU time for each byte that a
// process sends, and receives as much of: of all its threads, for vectors from 8 kB, which go among
// the bytes of a message, to 20 MB.  Takes some seconds.

#include "emulator/ranks/exchange.h"
#include "emulator/ranks/launcher.h"
#include "learning/byte_stream.h"
#include "learning/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t kLengths[] = {2'000, 10'000, 89'834, 1'000'000, 4'900'000};
constexpr double kBytes = 2e8;  ///< that each of the two sends of each length
constexpr std::size_t kLeastApart = 4096;
constexpr int kRepetitions = 5;

double process_cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Sends vectors to the other rank, and waits for as many of it; returns CPU nanoseconds a byte.
/// @param awaited  how many have come before, however early the next ones do
double exchange_vectors(murmur::Exchange& exchange,
                        const std::atomic<std::uint64_t>& arrived,
                        std::uint64_t& awaited,
                        std::size_t length) {
    const auto vector = std::make_shared<murmur::ParameterVector>(length);
    std::ranges::fill(vector->values(), 1.0F);
    const auto count =
        static_cast<std::uint64_t>(kBytes / (sizeof(float) * static_cast<double>(length))) + 1;
    awaited += count;
    const double begin = process_cpu_seconds();
    for (std::uint64_t i = 0; i < count; ++i) {
        exchange.send(1 - exchange.rank(), {.number = i}, [vector] {
            murmur::ByteSink sink(kLeastApart);
            sink.parameters(vector);
            return sink.take();
        });
    }
    while (arrived < awaited) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const double bytes = sizeof(float) * static_cast<double>(length * count);
    return 1e9 * (process_cpu_seconds() - begin) / bytes;
}

void measure(murmur::Exchange& exchange) {
    std::atomic<std::uint64_t> arrived{0};
    exchange.listen([&arrived](unsigned, const murmur::Tag&, murmur::Parcel parcel) {
        murmur::ByteSource source(parcel);
        arrived += source.parameters()->size() > 0 ? 1 : 0;
    });
    std::uint64_t awaited = 0;
    for (const std::size_t length : kLengths) {
        std::vector<double> costs;
        for (int i = 0; i < kRepetitions; ++i) {
            costs.push_back(exchange_vectors(exchange, arrived, awaited, length));
        }
        std::ranges::sort(costs);
        if (exchange.rank() == 0) {
            fmt::print(
                "{:>9} parameters: {:.2f} ns of CPU a byte (median of {}; {:.2f} to {:.2f})\n",
                length,
                costs[costs.size() / 2],
                costs.size(),
                costs.front(),
                costs.back());
            std::fflush(stdout);
        }
    }
}

}  // namespace

int main(int /*argc*/, char** argv) {
    if (murmur::launched_place().size < 2) {
        setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
        setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
        execlp("mpirun",
               "mpirun",
               "-n",
               "2",
               "--oversubscribe",
               "--bind-to",
               "none",
               argv[0],
               static_cast<char*>(nullptr));
        std::perror("bench-ranks: cannot start mpirun");
        return 1;
    }
    const auto exchange = murmur::launched_exchange();
    measure(*exchange);
    return exchange->finish(std::chrono::seconds(10)) ? 0 : 1;
}
