#include "topologies/text_files.h"

#include "tests/support/doctest.h"
#include "tests/unit/topologies/gzip_text.h"
#include "tests/unit/topologies/temporary_file.h"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace murmur {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view content) {
    const TemporaryFile file("text", content);
    LineReader reader(file.path());
    Lines lines;
    while (reader.next()) {
        lines.emplace_back(reader.line());
        CHECK(reader.line_number() == lines.size());
    }
    CHECK_FALSE(reader.next());
    return lines;
}

std::string refusal_of(const std::string& path) {
    try {
        LineReader reader(path);
        while (reader.next()) {
        }
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        REQUIRE(text.starts_with(path));
        return text.substr(path.size());
    }
    return "read";
}

TEST_CASE("shown: one line, bounded, whatever the text is") {
    CHECK(shown("plain text") == "plain text");
    CHECK(shown("a\n\r\n\tb\x01") == "a b ");
    CHECK(shown(std::string_view("a\0b", 3)) == "a b");
    CHECK(shown("Zürich, Łódź, 東京") == "Zürich, Łódź, 東京");
    CHECK(shown("12345678", 8) == "12345678");
    CHECK(shown("123456789", 8) == "12345...");
    CHECK(shown("ÄÖÜäöüßé!", 8) == "ÄÖÜäö...");
    CHECK(shown("a\xff\xc3") == "a??");
    CHECK(shown("\xc0\x80\xed") == "???");
    CHECK(shown("") == "");
    CHECK(shown(std::string(50'000'000, 'x')).size() == 80);
    CHECK(shown(std::string(50'000'000, '\n')) == " ");
}

TEST_CASE("lines: LF, CR LF and CR end them, the last may have no end") {
    CHECK(lines_of("") == Lines{});
    CHECK(lines_of("a") == Lines{"a"});
    CHECK(lines_of("a\n") == Lines{"a"});
    CHECK(lines_of("a\r\n\r\nb\rc\n\rd\r") == Lines{"a", "", "b", "c", "", "d"});
    CHECK(lines_of("\xEF\xBB\xBF"
                   "a\n") == Lines{"a"});
    CHECK(lines_of("\n") == Lines{""});
}

TEST_CASE("lines: an end in two blocks is one end") {
    for (std::size_t length = (1 << 16) - 3; length < (1 << 16) + 3; ++length) {
        const std::string line(length, 'x');
        CHECK(lines_of(line + "\r\ny\r\n") == Lines{line, "y"});
    }
}

TEST_CASE("lines: gzip is unpacked, damaged gzip refused") {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        text += std::to_string(i) + "\r\n";
    }
    CHECK(lines_of(gzip(text)) == lines_of(text));
    CHECK(lines_of(gzip("\xEF\xBB\xBF"
                        "0 1\n")) == Lines{"0 1"});
    std::string packed = gzip(text);
    const TemporaryFile cut("cut.gz", std::string_view(packed).substr(0, packed.size() / 2));
    CHECK(refusal_of(cut.path()) == ": cannot be read (gzip: unexpected end of file)");
    packed[packed.size() / 2] ^= 0x55;
    const TemporaryFile damaged("damaged.gz", packed);
    CHECK(refusal_of(damaged.path()).starts_with(": cannot be read (gzip: "));
}

TEST_CASE("lines: what is no regular file is refused at once") {
    const test::TemporaryFolder folder;
    CHECK(refusal_of("/no/such") == ": cannot be read (No such file or directory)");
    CHECK(refusal_of(folder.path().string()) == ": cannot be read (Is a directory)");
    CHECK(refusal_of("/dev/zero") == ": cannot be read (a device or a pipe, allowed a file)");
    const std::string pipe = (folder.path() / "pipe").string();
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(refusal_of(pipe) == ": cannot be read (a device or a pipe, allowed a file)");
}

TEST_CASE("lines: endless lines, too much text and UTF-16 are refused") {
    const test::TemporaryFolder folder;
    const std::string zeros = (folder.path() / "zeros").string();
    test::write_text(zeros, "");
    std::filesystem::resize_file(zeros, std::uintmax_t{1} << 40);  // takes no room
    CHECK(refusal_of(zeros) == ":1: the line is too long, allowed 16 MiB");
    const TemporaryFile file("text", "0123456789\n0123456789\n");
    CHECK(read_text(file.path(), 22) == file.content());
    CHECK_THROWS_WITH_AS((void)read_text(file.path(), 21),
                         (file.path() + ": cannot be read (more than 21 bytes of text)").c_str(),
                         std::invalid_argument);
    for (const std::string content : {"\xFF\xFE"
                                      "a",
                                      "\xFE\xFF"
                                      "a"}) {
        const TemporaryFile wide("text", content);
        CHECK(refusal_of(wide.path()) == ": cannot be read (text in UTF-16, allowed UTF-8)");
    }
}

TEST_CASE("lines: messages are bounded by whatever the path is") {
    const std::string path = "/no/" + std::string(3000, 'x');
    try {
        LineReader reader(path);
        FAIL("read");
    } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).size() < 300);
    }
}

TEST_CASE("fields: apart by blanks and tabs, without comments") {
    const TemporaryFile file("text", "# a\n%b\n\n \t 1\t2  3 \n4 # five\n #\n5#6 7\r\n");
    FieldReader reader(file.path());
    std::vector<std::vector<std::string>> all;
    while (reader.next()) {
        all.emplace_back(reader.fields().begin(), reader.fields().end());
    }
    CHECK(all == std::vector<std::vector<std::string>>{{"1", "2", "3"}, {"4"}, {"5#6", "7"}});
    CHECK(reader.line_number() == 7);
}

}  // namespace
}  // namespace murmur
