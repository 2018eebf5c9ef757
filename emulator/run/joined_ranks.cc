#include "emulator/run/joined_ranks.h"

#include "emulator/ranks/written.h"
#include "emulator/record/build_info.h"
#include "learning/byte_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace murmur {

namespace {

/// Where a rank runs.
struct Process {
    std::string host;
    pid_t id = 0;
};

/// By rank; of this program, which joins others once.
std::vector<Process> g_processes;

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

/// Ranks, and the exchange that they speak through.
struct Joined {
    explicit Joined(std::unique_ptr<Exchange> launched)
        : exchange(std::move(launched)), ranks(*exchange) {}
    // Its thread first, which hands messages to `ranks`.
    ~Joined() { exchange.reset(); }
    Joined(const Joined&) = delete;
    Joined& operator=(const Joined&) = delete;

    std::unique_ptr<Exchange> exchange;
    Ranks ranks;
};

constexpr std::string_view kProcessor = "the processor";

Exchange::Bytes written_traits(const std::vector<RankTrait>& traits) {
    ByteSink sink;
    sink.u64(traits.size());
    for (const RankTrait& trait : traits) {
        sink.text(trait.name);
        sink.text(trait.value);
    }
    return written(sink);
}

std::vector<RankTrait> read(const Exchange::Bytes& bytes) {
    ByteSource source(bytes);
    std::vector<RankTrait> traits(source.count_of(1));
    for (RankTrait& trait : traits) {
        trait.name = source.text();
        trait.value = source.text();
    }
    return traits;
}

/// Says in what a rank differs from rank 0; empty where it does not.
std::string difference(unsigned rank,
                       const std::vector<RankTrait>& first,
                       const std::vector<RankTrait>& other) {
    for (std::size_t i = 0; i < std::min(first.size(), other.size()); ++i) {
        if (first[i].name != other[i].name || first[i].value != other[i].value) {
            return fmt::format(
                "ranks must be alike: {} of rank {} is '{}', of rank 0 '{}'{}",
                first[i].name,
                rank,
                other[i].value,
                first[i].value,
                first[i].name == kProcessor
                    ? "; allowed with --allow-unlike-cpus, where last bits may differ"
                    : "");
        }
    }
    return "";
}

/// Lets all ranks know where each runs.
void meet(Ranks& ranks) {
    ByteSink own;
    own.text(host_name());
    own.u64(static_cast<std::uint64_t>(getpid()));
    const std::vector<Exchange::Bytes> all = ranks.gather(written(own));
    const Exchange::Bytes together = ranks.share([&] {
        Exchange::Bytes bytes;
        for (const Exchange::Bytes& one : all) {
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        return bytes;
    });
    ByteSource source(together);
    g_processes.resize(ranks.count());
    for (Process& process : g_processes) {
        process.host = source.text();
        process.id = static_cast<pid_t>(source.u64());
    }
}

}  // namespace

std::shared_ptr<Ranks> join_launched_ranks() {
    std::unique_ptr<Exchange> exchange = launched_exchange();
    if (!exchange) {
        return nullptr;
    }
    const auto joined = std::make_shared<Joined>(std::move(exchange));
    return {joined, &joined->ranks};
}

std::string describe_gone_ranks() {
    std::string text;
    for (std::size_t rank = 0; rank < g_processes.size(); ++rank) {
        const Process& process = g_processes[rank];
        if (process.host == host_name() && kill(process.id, 0) != 0 && errno == ESRCH) {
            text += fmt::format(
                "{}rank {} (process {}) is gone", text.empty() ? "" : ", ", rank, process.id);
        }
    }
    return text;
}

void refuse_unlike_ranks(Ranks& ranks, const std::vector<RankTrait>& own) {
    meet(ranks);
    const std::vector<Exchange::Bytes> all = ranks.gather(written_traits(own));
    const Exchange::Bytes verdict = ranks.share([&] {
        std::string text;
        for (unsigned rank = 1; rank < all.size() && text.empty(); ++rank) {
            text = difference(rank, own, read(all[rank]));
        }
        return Exchange::Bytes(text.begin(), text.end());
    });
    if (!verdict.empty()) {
        throw std::invalid_argument(std::string(verdict.begin(), verdict.end()));
    }
}

std::vector<RankTrait> rank_traits(const std::string& scenario, const ExperimentOptions& options) {
    const BuildInfo build = build_info();
    std::vector<RankTrait> traits{{"the program", fmt::format("{} of {}", scenario, build.program)},
                                  {"the revision", build.revision},
                                  {"the build", build.type}};
    for (const auto& [name, version] : build.versions) {
        traits.push_back({fmt::format("the version of {}", name), version});
    }
    if (!options.allow_unlike_cpus) {
        traits.push_back({std::string(kProcessor),
                          fmt::format("{} {}", build.blas, fmt::join(build.processor, " "))});
    }
    for_each_option(options, [&](const char* name, const auto& field, auto...) {
        // What a rank may do by itself.
        const std::string_view option = name;
        if (option != "workers" && option != "out" && option != "quiet") {
            traits.push_back({fmt::format("--{}", name), option_text(field)});
        }
    });
    return traits;
}

}  // namespace murmur
