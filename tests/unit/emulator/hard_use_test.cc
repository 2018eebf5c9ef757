// The program `dpsgd` where its surroundings are hostile: closed streams, little memory, signals,
// times beyond counting, settings of ns-3 from outside.
#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace murmur {
namespace {

namespace fs = std::filesystem;

/// The program as a shell takes it.
std::string program() {
    return test::shell_word(test::built_program("dpsgd"));
}

const std::string kSmallOptions =
    " --nodes=4 --topology=ring --dataset=least-squares:features=3,samples=16 --model=linear"
    " --clock=modelled:1ms --workers=2 --eval-every=1";

std::string small_run() {
    return program() + kSmallOptions;
}

/// A shell, and what it said.
class Shell {
  public:
    /// Runs a command; `$OUT` is a new folder's name.
    int run(const std::string& command) {
        return test::ChildProcess({"/bin/sh", "-c", "OUT=" + out().string() + "; " + command},
                                  said_at())
            .wait();
    }
    [[nodiscard]] fs::path out() const { return folder_.path() / "run"; }
    [[nodiscard]] fs::path said_at() const { return folder_.path() / "said"; }
    [[nodiscard]] std::string said() const { return test::read_text(said_at()); }
    [[nodiscard]] nlohmann::json json(const char* name) const {
        return nlohmann::json::parse(test::read_text(out() / name));
    }
    [[nodiscard]] const fs::path& folder() const { return folder_.path(); }

  private:
    test::TemporaryFolder folder_;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("closed streams: what is said to the user lands in no file of the run") {
    Shell open;
    REQUIRE(open.run(small_run() + " --network=ideal --rounds=300 --out=$OUT") == 0);
    for (const char* closed : {"2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">&-", "> /dev/full 2>&1"}) {
        CAPTURE(closed);
        Shell shell;
        CHECK(shell.run(small_run() + " --network=ideal --rounds=300 --out=$OUT " + closed) == 0);
        for (const char* name : {"metrics.csv", "rounds.csv", "compute-trace.csv"}) {
            CHECK(test::read_text(shell.out() / name) == test::read_text(open.out() / name));
        }
    }
}

TEST_CASE("a reader of the output that goes away ends no run") {
    Shell shell;
    CHECK(shell.run(small_run() + " --network=ideal --rounds=5 --out=$OUT | true; sleep 0.1; "
                                  "grep -q complete $OUT/summary.json") == 0);
}

TEST_CASE("a run that cannot fit is refused with what it needs, what is left and what helps") {
    if (test::leaves_out_memory("a run that cannot fit is refused with what it needs, what is left and what helps")) {
        return;
    }
    Shell shell;
    const std::string limit = "ulimit -v 8000000; ";
    CHECK(shell.run(limit + program() +
                    " --nodes=100000 --topology=full --model=softmax --clock=modelled:1ms "
                    "--network=flow --check") == 2);
    CHECK(contains(shell.said(), "the run needs about "));
    CHECK(contains(shell.said(), "use a --topology with fewer edges, such as regular:5"));
    CHECK(shell.run(limit + program() +
                    " --nodes=4 --topology=ring --model=mlp:100000-100000-100000 "
                    "--clock=modelled:1ms --check") == 2);
    CHECK(contains(shell.said(), "use a smaller --model, or fewer --nodes"));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(shell.run(program() +
                    " --nodes=4294967295 --topology=ring --model=softmax --clock=modelled:1ms "
                    "--check") == 2);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    CHECK(contains(shell.said(), "the run needs about "));
    CHECK(shell.run("ulimit -v 3000000; " + small_run() +
                    " --workers=400 --rounds=1 --quiet --out=$OUT") != 0);
    CHECK(contains(shell.said(), "--workers"));
    CHECK_FALSE(contains(shell.said(), "terminate"));
    CHECK_FALSE(fs::exists(shell.out()));
}

TEST_CASE("times beyond counting end a run with one error, over every network alike") {
    for (const std::string network : {"ideal", "flow"}) {
        CAPTURE(network);
        Shell shell;
        CHECK(shell.run(small_run() + " --rounds=12 --latency=1e9s --quiet --out=$OUT --network=" +
                        network) == 1);
        const nlohmann::json summary = shell.json("summary.json");
        CHECK(summary.at("status") == "failed");
        CHECK(contains(summary.at("error"), "292 years of simulated time that ns-3 counts"));
        Shell long_run;
        // 12 rounds of 0.3 years each are within what can be counted.
        CHECK(long_run.run(small_run() +
                           " --rounds=12 --latency=1e7s --quiet --out=$OUT --network=" + network) ==
              0);
        CHECK(long_run.json("summary.json").at("simulated_s") >= 12e7);
    }
}

TEST_CASE("settings of ns-3 that the environment changes are recorded, misspelt ones refused") {
    const std::string variable = "NS_ATTRIBUTE_DEFAULT='ns3::TcpSocket::SegmentSize=700' ";
    Shell shell;
    REQUIRE(shell.run(variable + small_run() + " --network=ideal --rounds=2 --out=$OUT") == 0);
    const nlohmann::json ns3 = shell.json("experiment.json").at("ns3");
    CHECK(ns3.at("environment").at("NS_ATTRIBUTE_DEFAULT") == "ns3::TcpSocket::SegmentSize=700");
    CHECK(ns3.at("defaults").empty());

    // Another run of the same experiment must have the same settings.
    const std::string again =
        program() + " --config=" + (shell.out() / "experiment.json").string() + " --check --quiet";
    Shell other;
    CHECK(other.run(again) == 2);
    CHECK(contains(other.said(), "was run with NS_ATTRIBUTE_DEFAULT="));
    CHECK(other.run(variable + again) == 0);

    const auto refusal = [&](const std::string& setting) {
        CHECK(other.run(setting + " " + small_run() + " --check") == 2);
        return other.said();
    };
    CHECK(refusal("NS_ATTRIBUTE_DEFAULT='ns3::TcpSockett::SegmentSize=700'") ==
          "dpsgd: NS_ATTRIBUTE_DEFAULT: ns-3 knows no type of the attribute "
          "'ns3::TcpSockett::SegmentSize'\n");
    CHECK(refusal("NS_ATTRIBUTE_DEFAULT='ns3::TcpSocket::SegmentSiz=700'") ==
          "dpsgd: NS_ATTRIBUTE_DEFAULT: ns3::TcpSocket has no attribute 'SegmentSiz' of its own\n");
    CHECK(contains(refusal("NS_ATTRIBUTE_DEFAULT='ns3::TcpSocket'"), "allowed name=value"));
    CHECK(refusal("NS_ATTRIBUTE_DEFAULT='ns3::TcpSocket::SegmentSize=many'") ==
          "dpsgd: NS_ATTRIBUTE_DEFAULT: ns3::TcpSocket::SegmentSize: got 'many', allowed "
          "ns3::UintegerValue\n");
    // ns-3 3.37 calls the kind TypeIdValue, 3.43 ns3::TypeIdValue.
    CHECK(contains(refusal("NS_ATTRIBUTE_DEFAULT='ns3::TcpL4Protocol::SocketType=ns3::TcpCubicc'"),
                   "dpsgd: NS_ATTRIBUTE_DEFAULT: ns3::TcpL4Protocol::SocketType: got "
                   "'ns3::TcpCubicc', allowed "));
    CHECK(refusal("NS_GLOBAL_VALUE='RngSeeed=3'") ==
          "dpsgd: NS_GLOBAL_VALUE: ns-3 knows no 'RngSeeed'\n");
}

TEST_CASE("attributes of ns-3 are options, recorded and run again") {
    Shell shell;
    REQUIRE(shell.run(small_run() + " --network=tcp --rounds=2 --out=$OUT "
                                    "--ns3::TcpSocketBase::MinRto=300ms") == 0);
    const nlohmann::json ns3 = shell.json("experiment.json").at("ns3");
    CHECK(ns3.at("defaults").size() == 1);
    CHECK(ns3.at("defaults").at("ns3::TcpSocketBase::MinRto") == "+3e+08ns");
    Shell again;
    REQUIRE(again.run(program() + " --config=" + (shell.out() / "experiment.json").string() +
                      " --quiet --out=$OUT") == 0);
    CHECK(again.json("experiment.json").at("ns3") == ns3);

    const auto refusal = [&](const std::string& setting) {
        CHECK(again.run(small_run() + " " + setting + " --check") == 2);
        return again.said();
    };
    CHECK(refusal("--ns3::TcpSocket::SegmentSiz=700") ==
          "dpsgd: --ns3: ns3::TcpSocket has no attribute 'SegmentSiz' of its own\n");
    CHECK(refusal("--ns3::TcpSockett::SegmentSize=700") ==
          "dpsgd: --ns3: ns-3 knows no type of the attribute 'ns3::TcpSockett::SegmentSize'\n");
    CHECK(refusal("--ns3::TcpSocket::SegmentSize=many") ==
          "dpsgd: --ns3: ns3::TcpSocket::SegmentSize: got 'many', allowed ns3::UintegerValue\n");
    CHECK(contains(refusal("--ns3::TcpSocket::SegmentSize"), "got no value"));
    CHECK(contains(refusal("--ns3::TcpSocket::SegmentSize=1 --ns3::TcpSocket::SegmentSize=1"),
                   "given twice"));
}

TEST_CASE("files without end are refused, whatever option names them") {
    Shell shell;
    for (const auto& [option, message] : std::vector<std::pair<std::string, std::string>>{
             {"--config=/dev/zero", "--config: cannot read /dev/zero"},
             {"--clock=recorded:/dev/zero", "--clock: cannot read the trace /dev/zero"},
             {"--dataset=text:/dev/zero", "dataset text: "},
             {"--dataset=idx:/dev", "dataset idx: "},
             {"--init=/dev/zero", "initial parameters: cannot read"},
             {"--model=torchscript:/dev/zero", "model torchscript: "}}) {
        CAPTURE(option);
        std::string run = "timeout 20 " + program() + " --nodes=4 --topology=ring " + option;
        for (const std::string other : {"--clock=modelled:1ms", "--dataset=synthetic:train=40"}) {
            const std::string name = other.substr(0, other.find('=') + 1);
            run += option.starts_with(name) ? "" : " " + other;
        }
        CHECK(shell.run(run + " --check") == 2);
        CHECK(contains(shell.said(), message));
        CHECK(shell.said().size() < 400);
    }
}

TEST_CASE("a check says in a few lines what the options came to, and refuses a used folder") {
    Shell shell;
    const std::string command =
        program() +
        " --nodes=16 --topology=ring --dataset=synthetic:train=320,test=64 --model=softmax"
        " --clock=modelled:1ms --network=flow --speed=choice:1:1:1:1:0.2 --check --out=$OUT";
    CHECK(shell.run(command) == 0);
    const std::string said = shell.said();
    CHECK(contains(said, "16 nodes, 16 edges, 2 neighbors a node\n"));
    CHECK(contains(said, " parameters; "));
    CHECK(contains(said, " a message, "));
    CHECK(contains(said, "speed 1 for "));
    CHECK(contains(said, "0.2 for "));
    CHECK(contains(said, "memory    about "));
    CHECK(contains(said, "time      about "));
    CHECK_FALSE(fs::exists(shell.out()));
    CHECK(shell.run(command + " --quiet") == 0);
    CHECK(shell.said().empty());
    fs::create_directory(shell.out());
    test::write_text(shell.out() / "precious", "");
    CHECK(shell.run(command) == 2);
    CHECK(contains(shell.said(), "holds files already"));
    CHECK(shell.run(command + " --overwrite") == 0);
}

TEST_CASE("runs that start at once without --out get a folder each") {
    Shell shell;
    const std::string run = small_run() + " --network=ideal --rounds=2 --quiet & ";
    CHECK(shell.run("cd " + shell.folder().string() + "; " + run + run + run + run + "wait") == 0);
    for (const char* number : {"001", "002", "003", "004"}) {
        CHECK(fs::exists(shell.folder() / "results" / "dpsgd" / number / "summary.json"));
    }
}

TEST_CASE("models that come too late are counted, and messages that do not come at all") {
    Shell shell;
    CHECK(shell.run(program() +
                    " --nodes=8 --dataset=synthetic:train=200,test=50,size=8 --model=softmax"
                    " --clock=modelled:1ms --rounds=5 --network=flow --latency=100ms"
                    " --protocol=el-local:window=1ms,receivers=3 --out=$OUT") == 0);
    const nlohmann::json summary = shell.json("summary.json");
    CHECK(summary.at("messages") == 8 * 5 * 3);
    CHECK(summary.at("messages_in_flight") == 8 * 5 * 3);
    CHECK(contains(shell.said(), "120 messages had not arrived when the run ended"));
}

TEST_CASE("a terminal that is closed ends a run in order, unless nohup has it ignored") {
    for (const bool is_ignored : {false, true}) {
        CAPTURE(is_ignored);
        Shell shell;
        const std::string ignore = is_ignored ? "trap '' HUP; " : "";
        test::ChildProcess process(
            {"/bin/sh",
             "-c",
             ignore + "exec " + small_run() +
                 " --network=ideal --rounds=10000000 --quiet --out=" + shell.out().string()},
            shell.said_at());
        const auto rows = [&] {
            return fs::exists(shell.out() / "metrics.csv")
                       ? fs::file_size(shell.out() / "metrics.csv")
                       : 0;
        };
        REQUIRE(test::await([&] { return rows() > 10'000; }));
        process.signal(SIGHUP);
        if (is_ignored) {
            const auto before = rows();
            REQUIRE(test::await([&] { return rows() > before + 10'000; }));
            process.signal(SIGTERM);
        }
        CHECK(process.wait() == 130);
        CHECK(shell.json("summary.json").at("status") == "interrupted");
    }
}

}  // namespace
}  // namespace murmur
