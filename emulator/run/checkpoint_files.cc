#include "emulator/run/checkpoint_files.h"

#include "emulator/base/refused_checkpoint.h"
#include "emulator/base/replace_file.h"
#include "emulator/record/checkpoint_folder.h"
#include "learning/byte_stream.h"

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <zlib.h>

namespace murmur {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTold = "told.bin";
constexpr const char* kAbout = "about.json";
constexpr const char* kModels = "models";
constexpr const char* kUnfinished = kUnfinishedCheckpoint;
constexpr const char* kPrefix = "round-";
/// Another format is refused, not read.
constexpr std::uint32_t kFormat = 2;
/// Ends a part; followed by the CRC-32 of all before.
constexpr std::uint8_t kEnd = 0xff;

[[noreturn]] void fail_to_write(const fs::path& file, int error) {
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", file.string(), std::generic_category().message(error)));
}

[[noreturn]] void refuse(const fs::path& file, std::string_view why) {
    throw std::invalid_argument(fmt::format("{}{} {}", kRefusedCheckpoint, file.string(), why));
}

std::uint32_t check_of(std::uint32_t before, std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(crc32_z(before, bytes.data(), bytes.size()));
}

/// Writes to a file, and counts and checks what it has written.
class CheckedFile {
  public:
    CheckedFile(std::FILE* file, fs::path path, std::uint32_t check)
        : file_(file), path_(std::move(path)), check_(check) {
        if (file_ == nullptr) {
            fail_to_write(path_, errno);
        }
    }

    void write(std::span<const std::uint8_t> bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
            fail_to_write(path_, errno);
        }
        count_ += bytes.size();
        check_ = check_of(check_, bytes);
    }
    void write_piece(const PastName& name, std::span<const std::uint8_t> bytes) {
        ByteSink head;
        head.u8(static_cast<std::uint8_t>(name.kind));
        head.u64(name.number);
        head.u32(name.part);
        head.u64(bytes.size());
        write(head.written());
        write(bytes);
    }
    /// Makes sure that all of it is on the disk.
    void sync() {
        if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0) {
            fail_to_write(path_, errno);
        }
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint32_t check() const { return check_; }

  private:
    std::FILE* file_;
    fs::path path_;
    std::uint64_t count_ = 0;
    std::uint32_t check_;
};

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

void create(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        fail_to_write(folder, error.value());
    }
}

/// Returns the rounds of the finished checkpoints of a folder, ascending.
std::vector<std::uint64_t> rounds_in(const fs::path& folder) {
    std::vector<std::uint64_t> rounds;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        const std::string number = name.starts_with(kPrefix) ? name.substr(6) : "";
        if (!number.empty() && number.size() < std::numeric_limits<std::uint64_t>::digits10 &&
            number.find_first_not_of("0123456789") == std::string::npos) {
            rounds.push_back(std::stoull(number));
        }
    }
    std::sort(rounds.begin(), rounds.end());
    return rounds;
}

fs::path folder_of(const fs::path& folder, std::uint64_t round) {
    return folder / fmt::format("{}{}", kPrefix, round);
}

/// Removes a checkpoint.  It loses its name first, so that one that is half removed is none.
void discard(const fs::path& path) {
    std::error_code ignored;
    fs::path doomed = path;
    if (!path.string().ends_with(kUnfinished)) {
        doomed += fmt::format(".old{}", kUnfinished);
        fs::remove_all(doomed, ignored);
        fs::rename(path, doomed, ignored);
    }
    fs::remove_all(doomed, ignored);
}

/// Waits until what a folder's file system holds is on its disk.
/// @param all  the files in it, and not its list of names alone
void sync_folder(const fs::path& folder, bool all) {
    const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = opened >= 0 && (all ? syncfs(opened) : fsync(opened)) == 0;
    // Some file systems cannot, and say so by this.
    const int error = is_synced || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    if (opened >= 0) {
        close(opened);
    }
    if (error != 0) {
        fail_to_write(folder, error);
    }
}

/// Returns the check of what about.json says beside it.
std::uint32_t check_of(nlohmann::json json) {
    json.erase("check");
    const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

std::string to_json(const CheckpointMark& mark) {
    nlohmann::ordered_json json{{"format", kFormat},
                                {"round", mark.round},
                                {"simulated_ns", mark.time.count()},
                                {"tasks", mark.num_tasks},
                                {"digest", mark.digest},
                                {"ranks", mark.ranks},
                                {"told_bytes", mark.told_bytes},
                                {"told_check", mark.told_check},
                                {"is_before_last_round", mark.is_before_last_round},
                                {"traits", nlohmann::ordered_json::array()}};
    for (const auto& [name, value] : mark.traits) {
        json["traits"].push_back({name, value});
    }
    using Json = nlohmann::ordered_json;
    // By what is read back: a text that is no UTF-8 is written as something else.
    json["check"] =
        check_of(nlohmann::json::parse(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

CheckpointMark read_mark(const fs::path& folder) {
    const fs::path path = folder / kAbout;
    std::ifstream file(path);
    const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
    try {
        if (json.at("format").get<std::uint32_t>() != kFormat) {
            refuse(path, "is of another version of this program");
        }
        if (json.at("check").get<std::uint32_t>() != check_of(json)) {
            refuse(path, "is missing, cut off or damaged");
        }
        CheckpointMark mark{.round = json.at("round").get<std::uint64_t>(),
                            .time = SimTime(json.at("simulated_ns").get<std::int64_t>()),
                            .num_tasks = json.at("tasks").get<std::uint64_t>(),
                            .digest = json.at("digest").get<std::uint64_t>(),
                            .ranks = json.at("ranks").get<unsigned>(),
                            .told_bytes = json.at("told_bytes").get<std::uint64_t>(),
                            .told_check = json.at("told_check").get<std::uint32_t>(),
                            .is_before_last_round = json.at("is_before_last_round").get<bool>(),
                            .traits = {}};
        for (const auto& trait : json.at("traits")) {
            mark.traits.emplace_back(trait.at(0).get<std::string>(),
                                     trait.at(1).get<std::string>());
        }
        return mark;
    } catch (const nlohmann::json::exception&) {
        refuse(path, "is missing, cut off or damaged");
    }
}

/// The bytes of a file, as long as somebody has it.
struct MappedFile {
    explicit MappedFile(const fs::path& path)
        : file(path.c_str(), boost::interprocess::read_only),
          region(file, boost::interprocess::read_only) {}

    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return {static_cast<const std::uint8_t*>(region.get_address()), region.get_size()};
    }

    boost::interprocess::file_mapping file;
    boost::interprocess::mapped_region region;
};

std::shared_ptr<const MappedFile> map_file(const fs::path& path) {
    try {
        return std::make_shared<const MappedFile>(path);
    } catch (const boost::interprocess::interprocess_exception& error) {
        refuse(path, fmt::format("cannot be read: {}", error.what()));
    }
}

/// Adds the pieces of some bytes, up to their end or that of a part.
void read_pieces(std::span<const std::uint8_t> bytes,
                 const std::shared_ptr<const MappedFile>& keeper,
                 Past& past) {
    constexpr std::size_t kHead = 1 + 8 + 4 + 8;
    while (!bytes.empty() && bytes.front() != kEnd) {
        if (bytes.size() < kHead) {
            throw std::invalid_argument("is cut off");
        }
        ByteSource head(bytes.first(kHead));
        const PastName name{
            .kind = static_cast<PastKind>(head.u8()), .number = head.u64(), .part = head.u32()};
        const std::uint64_t size = head.u64();
        bytes = bytes.subspan(kHead);
        if (size > bytes.size()) {
            throw std::invalid_argument("is cut off");
        }
        past.add(name, bytes.first(size), keeper);
        bytes = bytes.subspan(size);
    }
}

void read_part(const fs::path& path, Past& past) {
    constexpr std::size_t kTail = 1 + sizeof(std::uint32_t);
    const auto file = map_file(path);
    const std::span<const std::uint8_t> bytes = file->bytes();
    if (bytes.size() < kTail || bytes[bytes.size() - kTail] != kEnd) {
        refuse(path, "is cut off");
    }
    ByteSource tail(bytes.last(sizeof(std::uint32_t)));
    if (tail.u32() != check_of(0, bytes.first(bytes.size() - sizeof(std::uint32_t)))) {
        refuse(path, "is damaged");
    }
    read_pieces(bytes, file, past);
}

void read_told(const fs::path& path, const CheckpointMark& mark, Past& past) {
    if (mark.told_bytes == 0) {
        return;
    }
    const auto file = map_file(path);
    if (file->bytes().size() < mark.told_bytes) {
        refuse(path, "is cut off");
    }
    const std::span<const std::uint8_t> bytes = file->bytes().first(mark.told_bytes);
    if (check_of(0, bytes) != mark.told_check) {
        refuse(path, "is damaged");
    }
    read_pieces(bytes, file, past);
}

}  // namespace

std::string CheckpointMark::trait(const std::string& name) const {
    const auto found = std::find_if(
        traits.begin(), traits.end(), [&name](const auto& trait) { return trait.first == name; });
    return found != traits.end() ? found->second : std::string();
}

CheckpointFiles::CheckpointFiles(fs::path folder) : folder_(std::move(folder)) {}

CheckpointFiles::~CheckpointFiles() {
    if (told_ != nullptr) {
        std::fclose(told_);
    }
}

void CheckpointFiles::begin(const CheckpointMark* from) {
    create(folder_);
    if (from != nullptr && !fs::exists(folder_of(folder_, from->round) / kAbout)) {
        throw std::runtime_error(fmt::format(
            "--resume: the checkpoint of round {} is gone: another run has gone on meanwhile",
            from->round));
    }
    discard_unfinished();
    for (const std::uint64_t round : rounds_in(folder_)) {
        if (from == nullptr || round > from->round) {
            discard(folder_of(folder_, round));
        }
    }
    const fs::path told = folder_ / kTold;
    std::error_code error;
    if (from != nullptr && from->told_bytes > 0) {
        // What was told after the checkpoint will be told again.
        fs::resize_file(told, from->told_bytes, error);
        if (error) {
            fail_to_write(told, error.value());
        }
        told_bytes_ = from->told_bytes;
        told_check_ = from->told_check;
    } else {
        fs::remove(told, error);
    }
}

void CheckpointFiles::discard_unfinished() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        if (entry.path().filename().string().ends_with(kUnfinished)) {
            discard(entry.path());
        }
    }
}

fs::path CheckpointFiles::unfinished(std::uint64_t round) const {
    return folder_of(folder_, round).string() + kUnfinished;
}

void CheckpointFiles::write_part(std::uint64_t round, unsigned rank, const Write& write) {
    create(unfinished(round));
    const fs::path path = unfinished(round) / fmt::format("rank-{}.bin", rank);
    const File opened(std::fopen(path.c_str(), "wb"));
    CheckedFile file(opened.get(), path, 0);
    write([&file](const PastName& name, std::span<const std::uint8_t> bytes) {
        file.write_piece(name, bytes);
    });
    ByteSink tail;
    tail.u8(kEnd);
    file.write(tail.written());
    ByteSink check;
    check.u32(file.check());
    file.write(check.written());
    file.sync();
}

std::pair<std::uint64_t, std::uint32_t> CheckpointFiles::add_told(const Write& write) {
    const fs::path path = folder_ / kTold;
    if (told_ == nullptr) {
        told_ = std::fopen(path.c_str(), "ab");
    }
    CheckedFile file(told_, path, told_check_);
    write([&file](const PastName& name, std::span<const std::uint8_t> bytes) {
        file.write_piece(name, bytes);
    });
    file.sync();
    told_bytes_ += file.count();
    told_check_ = file.check();
    return {told_bytes_, told_check_};
}

void CheckpointFiles::copy_models(std::uint64_t round, const fs::path& models) {
    std::error_code error;
    if (!fs::is_directory(models, error)) {
        return;
    }
    create(unfinished(round) / kModels);
    for (const auto& entry : fs::directory_iterator(models)) {
        const fs::path copy = unfinished(round) / kModels / entry.path().filename();
        // A finished file is replaced as a whole, so a second name keeps it; others are written
        // into.
        const bool is_finished = !entry.path().filename().string().ends_with(kUnfinished);
        error.clear();
        if (is_finished) {
            fs::create_hard_link(entry.path(), copy, error);
        }
        if (!is_finished || error) {
            fs::copy_file(entry.path(), copy, fs::copy_options::overwrite_existing, error);
        }
        if (error) {
            fail_to_write(copy, error.value());
        }
    }
}

void CheckpointFiles::complete(const CheckpointMark& mark) {
    const fs::path from = unfinished(mark.round);
    replace_file(from / kAbout, to_json(mark));
    sync_folder(from, true);
    const fs::path to = folder_of(folder_, mark.round);
    std::error_code error;
    fs::remove_all(to, error);
    fs::rename(from, to, error);
    if (error) {
        fail_to_write(to, error.value());
    }
    sync_folder(folder_, false);  // before those that it takes the place of go
    bool has_one_for_more_rounds = mark.is_before_last_round;
    std::vector<std::uint64_t> rounds = rounds_in(folder_);
    std::reverse(rounds.begin(), rounds.end());
    for (const std::uint64_t round : rounds) {
        if (round >= mark.round) {
            continue;
        }
        if (!has_one_for_more_rounds && read_mark(folder_of(folder_, round)).is_before_last_round) {
            has_one_for_more_rounds = true;
            continue;
        }
        discard(folder_of(folder_, round));
    }
}

std::optional<CheckpointMark> find_checkpoint(const fs::path& results, bool for_more_rounds) {
    const fs::path folder = results / kCheckpointFolder;
    std::vector<std::uint64_t> rounds = rounds_in(folder);
    std::reverse(rounds.begin(), rounds.end());
    for (const std::uint64_t round : rounds) {
        CheckpointMark mark = read_mark(folder_of(folder, round));
        if (!for_more_rounds || mark.is_before_last_round) {
            return mark;
        }
    }
    return std::nullopt;
}

Checkpoint read_checkpoint(const fs::path& results, const CheckpointMark& mark) {
    const fs::path folder = results / kCheckpointFolder;
    const auto past = std::make_shared<Past>(mark.num_tasks, mark.digest);
    const auto naming = [](const fs::path& path, const auto& read) {
        try {
            read();
        } catch (const std::invalid_argument& error) {
            const std::string_view text = error.what();
            if (text.starts_with(kRefusedCheckpoint)) {
                throw;
            }
            refuse(path, text);
        }
    };
    for (unsigned rank = 0; rank < mark.ranks; ++rank) {
        const fs::path path = folder_of(folder, mark.round) / fmt::format("rank-{}.bin", rank);
        naming(path, [&] { read_part(path, *past); });
    }
    naming(folder / kTold, [&] { read_told(folder / kTold, mark, *past); });
    past->sort();
    return {.mark = mark, .folder = folder_of(folder, mark.round), .past = past};
}

void restore_models(const Checkpoint& checkpoint, const fs::path& models) {
    const fs::path kept = checkpoint.folder / kModels;
    std::error_code error;
    if (!fs::is_directory(kept, error)) {
        return;
    }
    create(models);
    for (const auto& entry : fs::directory_iterator(kept)) {
        const fs::path path = models / entry.path().filename();
        fs::copy_file(entry.path(), path, fs::copy_options::overwrite_existing, error);
        if (error) {
            fail_to_write(path, error.value());
        }
    }
}

}  // namespace murmur
