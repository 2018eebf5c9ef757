#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <zlib.h>

namespace murmur {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kLongestLine = std::size_t{16} << 20;
constexpr std::uint64_t kLongestFile = std::uint64_t{1} << 30;

[[noreturn]] void refuse(const std::string& path, std::string_view reason) {
    throw std::invalid_argument(fmt::format("{}: cannot be read ({})", shown(path, 200), reason));
}

/// Opens a regular file.  Asked of the open file, which no other can replace meanwhile; a pipe
/// would keep a plain open waiting for its other end.
int open_regular(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        refuse(path, std::generic_category().message(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        close(descriptor);
        refuse(path,
               S_ISDIR(status.st_mode) ? std::generic_category().message(EISDIR)
                                       : "a device or a pipe, allowed a file");
    }
    return descriptor;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> split_at_blanks(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
        fields.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(kBlanks, end);
    }
    return fields;
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields = split_at_blanks(line);
    if (!fields.empty() && fields.front().starts_with('%')) {
        fields.clear();
    }
    fields.erase(std::find_if(fields.begin(),
                              fields.end(),
                              [](std::string_view field) { return field.starts_with('#'); }),
                 fields.end());
    return fields;
}

void write_file(const std::string& path, const std::function<void(std::ostream&)>& content) {
    errno = 0;
    std::ofstream stream(path);
    if (stream) {
        content(stream);
        stream.close();
    }
    if (!stream) {
        throw std::runtime_error(fmt::format(
            "{}: cannot be written ({})", path, std::generic_category().message(errno)));
    }
}

/// The text of an open file by blocks, unpacked where it is gzip.
class LineReader::Source {
  public:
    explicit Source(const std::string& path) : path_(path) {
        const int descriptor = open_regular(path);
        file_.reset(gzdopen(descriptor, "rb"));  // which reads what is not gzip as it is
        if (!file_) {
            close(descriptor);
            refuse(path, "out of memory");
        }
        skip_mark();
    }

    /// Returns what is at hand; nothing at the end of the file.
    std::string_view block() {
        if (begin_ == end_) {
            fill();
        }
        return {block_.data() + begin_, end_ - begin_};
    }
    void take(std::size_t count) { begin_ += count; }

  private:
    void fill() {
        const int count = gzread(file_.get(), block_.data(), static_cast<unsigned>(block_.size()));
        int error = Z_OK;
        std::string_view reason = gzerror(file_.get(), &error);  // "<fd:3>: what is wrong"
        reason.remove_prefix(std::min(reason.find(": ") + 2, reason.size()));
        if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
            refuse(path_,
                   error == Z_ERRNO ? std::generic_category().message(errno)
                                    : fmt::format("gzip: {}", reason));
        }
        begin_ = 0;
        end_ = static_cast<std::size_t>(count);
        total_ += end_;
        if (total_ > kLongestFile) {
            refuse(path_, fmt::format("more than {} bytes of text", kLongestFile));
        }
    }

    void skip_mark() {
        const std::string_view text = block();
        if (text.starts_with("\xEF\xBB\xBF")) {
            take(3);
        } else if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
            // As some shells and editors of Windows write.
            refuse(path_, "text in UTF-16, allowed UTF-8");
        }
    }

    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };
    std::string path_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::array<char, 1 << 16> block_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t total_ = 0;
};

LineReader::LineReader(const std::string& path)
    : path_(path), source_(std::make_unique<Source>(path)) {}

LineReader::~LineReader() = default;

bool LineReader::next() {
    line_.clear();
    if (source_->block().empty()) {
        return false;
    }
    ++line_number_;
    for (std::string_view text = source_->block(); !text.empty(); text = source_->block()) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        line_ += text.substr(0, end);
        if (line_.size() > kLongestLine) {
            fail(fmt::format("the line is too long, allowed {} MiB", kLongestLine >> 20));
        }
        if (end == text.size()) {
            source_->take(end);
            continue;
        }
        const bool is_return = text[end] == '\r';
        source_->take(end + 1);
        if (is_return && source_->block().starts_with('\n')) {
            source_->take(1);
        }
        break;
    }
    return true;
}

bool LineReader::next_with_content() {
    while (next()) {
        const std::string_view text = trimmed(line_);
        if (!text.empty() && !text.starts_with('#')) {
            return true;
        }
    }
    return false;
}

void LineReader::fail(std::string_view what) const {
    throw std::invalid_argument(
        fmt::format("{}:{}: {}", shown(path_, 200), std::max<std::size_t>(line_number_, 1), what));
}

std::string read_text(const std::string& path, std::size_t most_bytes) {
    LineReader lines(path);
    std::string text;
    while (lines.next()) {
        text += lines.line();
        text += '\n';
        if (text.size() > most_bytes) {
            refuse(path, fmt::format("more than {} bytes of text", most_bytes));
        }
    }
    return text;
}

bool FieldReader::next() {
    while (lines_.next()) {
        fields_ = fields_of(lines_.line());
        if (!fields_.empty()) {
            return true;
        }
    }
    fields_.clear();
    return false;
}

}  // namespace murmur
