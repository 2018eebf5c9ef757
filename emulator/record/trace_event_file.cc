#include "emulator/record/trace_event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace murmur {

namespace {

/// The format counts in microseconds, with fractions.
std::string microseconds(SimTime time) {
    return fmt::format("{}.{:03}", time.count() / 1000, time.count() % 1000);
}

/// Returns what begins and ends a slice.  Viewers add the two up in floating point: their sum must
/// not pass the end, where the next slice begins, or that one lies over this one.
std::pair<std::string, std::string> begin_and_length(SimTime begin, SimTime end) {
    std::string from = microseconds(begin);
    std::string length = microseconds(end - begin);
    const double first = std::stod(from);
    const double last = std::stod(microseconds(end));
    const double rounded = std::stod(length);
    if (first + rounded > last) {
        // By what such numbers differ at the end, which is more than at the length.
        const double step = last - std::nextafter(last, 0);
        length = fmt::format("{}", std::max(0.0, rounded - step));
    }
    return {std::move(from), std::move(length)};
}

}  // namespace

TraceEventFile::TraceEventFile(const std::filesystem::path& path)
    : file_(path, R"({"displayTimeUnit":"ms","traceEvents":[)") {}

TraceEventFile::~TraceEventFile() {
    if (!is_closed_) {
        try {
            close();
        } catch (...) {
            // The run has failed for another reason, which it tells.
        }
    }
}

void TraceEventFile::add(std::string_view event) {
    file_.add(fmt::format("{}{}", is_first_ ? "" : ",", event));
    is_first_ = false;
}

void TraceEventFile::name_group(std::uint64_t group, std::string_view name) {
    const auto metadata = [&](std::string_view what, std::string_view arguments) {
        add(fmt::format(
            R"({{"name":"{}","ph":"M","pid":{},"tid":0,"args":{{{}}}}})", what, group, arguments));
    };
    metadata("process_name", fmt::format(R"("name":"{}")", name));
    metadata("process_sort_index", fmt::format(R"("sort_index":{})", group));
}

void TraceEventFile::name_track(Track track, std::string_view name, std::uint64_t place) {
    const auto metadata = [&](std::string_view what, std::string_view arguments) {
        add(fmt::format(R"({{"name":"{}","ph":"M","pid":{},"tid":{},"args":{{{}}}}})",
                        what,
                        track.group,
                        track.track,
                        arguments));
    };
    metadata("thread_name", fmt::format(R"("name":"{}")", name));
    metadata("thread_sort_index", fmt::format(R"("sort_index":{})", place));
}

void TraceEventFile::add_slice(
    Track track, std::string_view name, SimTime begin, SimTime end, std::string_view arguments) {
    const auto [from, length] = begin_and_length(begin, end);
    add(fmt::format(R"({{"name":"{}","ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"args":{{{}}}}})",
                    name,
                    track.group,
                    track.track,
                    from,
                    length,
                    arguments));
}

void TraceEventFile::add_arrow(std::uint64_t id, Track from, SimTime begin, Track to, SimTime end) {
    const auto tip = [&](std::string_view phase, Track track, SimTime time) {
        add(fmt::format(
            R"({{"name":"message","cat":"message","ph":{},"id":{},"pid":{},"tid":{},"ts":{}}})",
            phase,
            id,
            track.group,
            track.track,
            microseconds(time)));
    };
    tip(R"("s")", from, begin);
    tip(R"("f","bp":"e")", to, end);
}

void TraceEventFile::close() {
    is_closed_ = true;
    file_.add("]}");
    file_.flush();
}

}  // namespace murmur
