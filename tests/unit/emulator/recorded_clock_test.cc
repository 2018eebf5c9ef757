#include "emulator/tasks/compute_clock.h"
#include "emulator/tasks/compute_trace.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <chrono>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using namespace std::chrono_literals;

constexpr auto* kHeader = "node,task,sequence,round,start_s,duration_ns\n";

TaskDescription job(TaskKind kind,
                    std::uint32_t node,
                    std::uint64_t sequence,
                    SimTime start = SimTime(0)) {
    return {.node = node,
            .start = start,
            .cost = {.kind = kind, .round = sequence},
            .sequence = sequence};
}

/// Reads a trace of two nodes that ends with `lines`; returns the refusal without the file's name.
std::string refusal_of(const std::string& lines, const std::string& header = kHeader) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace.csv", header + lines);
    const std::string path = (folder.path() / "trace.csv").string();
    try {
        const RecordedClock clock(path, 2);
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        REQUIRE(message.find(path) != std::string::npos);
        return message.replace(message.find(path), path.size(), "FILE");
    }
    return "accepted";
}

TEST_CASE("a recorded clock replays what a trace writer wrote, to the nanosecond") {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "compute-trace.csv").string();
    {
        ComputeTraceWriter writer(path);
        writer.add(job(TaskKind::kTrain, 1, 0, 0s), 123'456'789ns);
        writer.add(job(TaskKind::kTrain, 0, 0, 0s), 2h);
        writer.add(job(TaskKind::kEncode, 1, 0, 123'456'789ns), 0ns);
        writer.add(job(TaskKind::kMerge, 1, 0, 1s), 1ns);
        writer.add(job(TaskKind::kTrain, 1, 1, 2s), 3ns);
        writer.write_before(SimTime::max());
        CHECK(test::read_text(folder.path() / "compute-trace.csv").ends_with("1,train,1,1,2,3\n"));
    }
    const RecordedClock clock(path, 2);
    CHECK(clock.duration(job(TaskKind::kTrain, 1, 0)) == SimTime(123'456'789ns));
    CHECK(clock.duration(job(TaskKind::kTrain, 0, 0)) == SimTime(2h));
    CHECK(clock.duration(job(TaskKind::kEncode, 1, 0)) == SimTime(0));
    CHECK(clock.duration(job(TaskKind::kMerge, 1, 0)) == SimTime(1));
    CHECK(clock.duration(job(TaskKind::kTrain, 1, 1)) == SimTime(3));
}

TEST_CASE("a trace writer without a file writes nothing") {
    ComputeTraceWriter writer;
    writer.add(job(TaskKind::kTrain, 0, 0, 0s), 1s);
    writer.write_before(SimTime::max());
}

TEST_CASE("a trace that ends too early says where, and what to do") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace.csv",
                     std::string(kHeader) + "0,train,0,0,0,5\n1,train,0,0,0,5\n");
    const std::string path = (folder.path() / "trace.csv").string();
    const RecordedClock clock(path, 2);
    CHECK_THROWS_WITH_AS(
        (void)clock.duration(job(TaskKind::kTrain, 1, 1)),
        ("the trace " + path +
         " ends before train task 1 of node 1 (round 1); record a run of the same scenario and as "
         "many rounds")
            .c_str(),
        std::runtime_error);
    CHECK_THROWS_AS((void)clock.duration(job(TaskKind::kMerge, 0, 0)), std::runtime_error);
}

TEST_CASE("a trace that cannot be read is refused") {
    CHECK_THROWS_WITH_AS(RecordedClock("/no/such/trace.csv", 2),
                         "--clock: cannot read the trace /no/such/trace.csv",
                         std::invalid_argument);
    CHECK(refusal_of("", "") == "--clock: cannot read the trace FILE");
}

TEST_CASE("a file with another header is refused") {
    CHECK(
        refusal_of("", "node,task\n") ==
        "--clock: FILE:1: got 'node,task', allowed 'node,task,sequence,round,start_s,duration_ns'");
}

TEST_CASE("each malformed line of a trace is refused with its number") {
    const std::string good = "0,train,0,0,0,5\n1,train,0,0,0,5\n";
    CHECK(refusal_of(good) == "accepted");
    CHECK(refusal_of(good + "0,train,1,1,0\n") == "--clock: FILE:4: got 5 fields, allowed 6");
    CHECK(refusal_of(good + "\n") == "--clock: FILE:4: got 1 fields, allowed 6");
    CHECK(refusal_of(good + "x,train,1,1,0,5\n") ==
          "--clock: FILE:4: got 'x', allowed a whole number from 0 up");
    CHECK(refusal_of(good + "2,train,0,0,0,5\n") == "--clock: FILE:4: got node 2, allowed 0 to 1");
    CHECK(refusal_of(good + "0,rest,0,0,0,5\n") ==
          "--clock: FILE:4: got task 'rest', allowed train, encode, merge, evaluate");
    CHECK(refusal_of(good + "0,train,2,1,0,5\n") ==
          "--clock: FILE:4: got sequence 2, allowed 1 (next of its kind)");
    CHECK(refusal_of(good + "0,train,1,1,0,-5\n") ==
          "--clock: FILE:4: got '-5', allowed a whole number from 0 up");
    CHECK(refusal_of(good + "0,train,1,1,0,18446744073709551615\n") ==
          "--clock: FILE:4: got duration 18446744073709551615, allowed up to 1e18 ns");
}

TEST_CASE("a last line that was cut off is refused, not read as a shorter number") {
    CHECK(refusal_of("0,train,0,0,0,5\n1,train,0,0,0,51234") ==
          "--clock: FILE:3: the line is cut off, it ends without a newline");
}

TEST_CASE("a node without a task is no fault of a trace, until one is asked for") {
    const test::TemporaryFolder folder;
    const auto path = (folder.path() / "compute-trace.csv").string();
    test::write_text(path, std::string(kHeader) + "0,train,0,0,0,5\n");
    const RecordedClock clock(path, 2);
    CHECK(clock.duration(job(TaskKind::kTrain, 0, 0)) == SimTime(5));
    CHECK_THROWS_WITH((void)clock.duration(job(TaskKind::kTrain, 1, 0)),
                      doctest::Contains("ends before train task 0 of node 1"));
}

TEST_CASE("tasks that have started and are not over are written at the end, in one order") {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "compute-trace.csv";
    ComputeTraceWriter writer(path);
    writer.add(job(TaskKind::kTrain, 0, 0, 0s), 2s);
    writer.add(job(TaskKind::kTrain, 1, 0, 0s), 5s);
    writer.add(job(TaskKind::kMerge, 0, 0, 4s), 1s);
    writer.write_before(2s);
    CHECK(test::read_csv(path).size() == 1);
    writer.write_before(3s);
    CHECK(test::read_csv(path).size() == 2);
    // Of the two that end at 5 s the one of node 0 started too late.
    writer.write_started_before(
        4s, {{job(TaskKind::kTrain, 2, 0, 1s), 9s}, {job(TaskKind::kEncode, 0, 0, 3s), 3s}});
    CHECK(test::read_text(path) == std::string(kHeader) +
                                       "0,train,0,0,0,2000000000\n"
                                       "1,train,0,0,0,5000000000\n"
                                       "0,encode,0,0,3,3000000000\n"
                                       "2,train,0,0,1,9000000000\n");
}

}  // namespace
}  // namespace murmur
