#include "emulator/run/joined_ranks.h"

#include "emulator/ranks/written.h"
#include "emulator/record/build_info.h"
#include "emulator/run/ns3_settings.h"
#include "learning/byte_stream.h"

#include "ns3/message-transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <zlib.h>

namespace murmur {

namespace {

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

/// Lets all ranks know where each runs.
void meet(Ranks& ranks) {
    const RankProcess here = this_process();
    ByteSink own;
    own.text(here.place);
    own.u64(static_cast<std::uint64_t>(here.id));
    const std::vector<Exchange::Bytes> all = ranks.gather(written(own));
    const Exchange::Bytes together = ranks.share([&] {
        Exchange::Bytes bytes;
        for (const Exchange::Bytes& one : all) {
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        return bytes;
    });
    ByteSource source(together);
    std::vector<RankProcess> processes(ranks.count());
    for (RankProcess& process : processes) {
        process.place = source.text();
        process.id = static_cast<pid_t>(source.u64());
    }
    ranks.look_for_gone_by([processes = std::move(processes)] { return describe_gone(processes); });
}

/// Returns the check of a file's bytes; 0 where it cannot be read.
std::uint32_t check_of_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes(std::size_t{1} << 20);
    uLong check = crc32(0, nullptr, 0);
    while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) ||
           file.gcount() > 0) {
        check = crc32(
            check, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(file.gcount()));
    }
    return static_cast<std::uint32_t>(check);
}

/// Returns the check of this program and of the module's library: a program that was built again
/// from other sources may bear the same revision, or none.
const std::string& executable_check() {
    static const std::string text = [] {
        std::string both = fmt::format("{:08x}", check_of_file("/proc/self/exe"));
        Dl_info module{};
        using ns3::murmuration::MessageTransport;
        if (dladdr(reinterpret_cast<const void*>(&MessageTransport::GetTypeId), &module) != 0 &&
            module.dli_fname != nullptr) {
            both += fmt::format(" {:08x}", check_of_file(module.dli_fname));
        }
        return both;
    }();
    return text;
}

std::string as_text(const std::map<std::string, std::string>& settings) {
    std::string text;
    for (const auto& [name, value] : settings) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
    }
    return text;
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

RankProcess this_process() {
    char host[HOST_NAME_MAX + 1] = {};
    std::error_code ignored;
    // Containers may share the name of their machine, but not the numbers of processes.
    const auto numbers = std::filesystem::read_symlink("/proc/self/ns/pid", ignored);
    return {.place = fmt::format(
                "{} {}", gethostname(host, sizeof(host) - 1) == 0 ? host : "", numbers.string()),
            .id = getpid()};
}

std::string describe_gone(std::span<const RankProcess> processes) {
    const std::string here = this_process().place;
    std::string text;
    for (std::size_t rank = 0; rank < processes.size(); ++rank) {
        const RankProcess& process = processes[rank];
        if (process.place == here && kill(process.id, 0) != 0 && errno == ESRCH) {
            text += fmt::format(
                "{}rank {} (process {}) is gone", text.empty() ? "" : ", ", rank, process.id);
        }
    }
    return text;
}

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
                                  {"the build", build.type},
                                  {"the executable", executable_check()}};
    for (const auto& [name, version] : build.versions) {
        traits.push_back({fmt::format("the version of {}", name), version});
    }
    if (!options.allow_unlike_cpus) {
        traits.push_back({std::string(kProcessor),
                          fmt::format("{} {}", build.blas, fmt::join(build.processor, " "))});
    }
    const Ns3Settings ns3 = present_ns3_settings();
    traits.push_back({"the environment of ns-3", as_text(ns3.environment)});
    traits.push_back({"the defaults of ns-3's attributes", as_text(ns3.defaults)});
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
