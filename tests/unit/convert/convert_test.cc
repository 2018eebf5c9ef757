// The pickles are what Python's `pickle.dumps(VALUE, PROTOCOL).hex()` says of
//   {7: {'computation': 25.0, 'communication': 2000.5}, 'b,c': {'computation': 100,
//   'communication': 8000}} {1: {'duration': 10, 'inactive': [10, 30], 'finish_time': 40, 'active':
//   [0, 20], 'model': 'x'},
//    2: {'duration': 1, 'inactive': [5], 'finish_time': 20, 'active': [-3], 'model': None},
//    3: {'duration': 1, 'inactive': [5], 'finish_time': 100, 'active': [5], 'model': ''}}
#include "tools/convert/convert.h"

#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tools/text/pickle.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>

namespace murmur::convert {
namespace {

constexpr std::array<std::string_view, 3> kDevices{
    "286470300a49370a286470310a56636f6d7075746174696f6e0a70320a4632352e300a7356636f6d6d75"
    "6e69636174696f6e0a70330a46323030302e350a737356622c630a70340a286470350a67320a49313030"
    "0a7367330a49383030300a73732e",
    "80027d7100284b077d710128580b000000636f6d7075746174696f6e7102474039000000000000580d00"
    "0000636f6d6d756e69636174696f6e710347409f420000000000755803000000622c6371047d71052868"
    "024b6468034d401f75752e",
    "8004954e000000000000007d94284b077d94288c0b636f6d7075746174696f6e94474039000000000000"
    "8c0d636f6d6d756e69636174696f6e9447409f420000000000758c03622c63947d942868024b6468034d"
    "401f75752e"};
constexpr std::array<std::string_view, 3> kLives{
    "286470300a49310a286470310a566475726174696f6e0a70320a4931300a7356696e6163746976650a70"
    "330a286c70340a4931300a614933300a61735666696e6973685f74696d650a70350a4934300a73566163"
    "746976650a70360a286c70370a49300a614932300a6173566d6f64656c0a70380a56780a70390a737349"
    "320a28647031300a67320a49310a7367330a286c7031310a49350a617367350a4932300a7367360a286c"
    "7031320a492d330a617367380a4e737349330a28647031330a67320a49310a7367330a286c7031340a49"
    "350a617367350a493130300a7367360a286c7031350a49350a617367380a560a7031360a73732e",
    "80027d7100284b017d71012858080000006475726174696f6e71024b0a5808000000696e616374697665"
    "71035d7104284b0a4b1e65580b00000066696e6973685f74696d6571054b285806000000616374697665"
    "71065d7107284b004b146558050000006d6f64656c71085801000000787109754b027d710a2868024b01"
    "68035d710b4b056168054b1468065d710c4afdffffff6168084e754b037d710d2868024b0168035d710e"
    "4b056168054b6468065d710f4b056168085800000000711075752e",
    "8004959b000000000000007d94284b017d94288c086475726174696f6e944b0a8c08696e616374697665"
    "945d94284b0a4b1e658c0b66696e6973685f74696d65944b288c06616374697665945d94284b004b1465"
    "8c056d6f64656c948c017894754b027d942868024b0168035d944b056168054b1468065d944afdffffff"
    "6168084e754b037d942868024b0168035d944b056168054b6468065d944b056168088c009475752e"};
constexpr std::string_view kPlain =
    "80025d7100284affffffff4d2c014a701101008a0957482ce6be8c4d83cd884e4b018571014b014b0286"
    "71024b014b024b03877103284b014b024b034b04747104652e";  // [-1, 300, 70000, -5 ** 30, True, None,
                                                           // (1,), ... (1, 2, 3, 4)], protocol 2
constexpr std::string_view kCall =
    "800263706f7369780a73797374656d0a71002e";  // os.system, protocol 2

std::string bytes_of(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

template <class F>
std::string refusal(F&& make) {
    try {
        make();
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "taken";
}

TEST_CASE("FedScale's devices are three times their inference, and rates in kbit/s") {
    for (const std::string_view hex : kDevices) {
        const Converted made = from_fedscale(bytes_of(hex), "f");
        CHECK(made.text ==
              "device,ms_per_sample,down_bps,up_bps\n7,75,2000500,2000500\n"
              "\"b,c\",300,8000000,8000000\n");
        CHECK(made.notes.starts_with("2 devices; "));
    }
}

TEST_CASE(
    "FedScale's clients come and go in their own periods, up to the longest of a usable one") {
    for (const std::string_view hex : kLives) {
        const Converted made = from_fedscale(bytes_of(hex), "f");
        CHECK(made.text == "node,on_s,off_s\n0,0,10\n0,20,30\n1,0,5\n1,20,25\n");
        CHECK(made.notes.starts_with("2 clients, 1 without a usable trace left out"));
        CHECK(made.notes.ends_with("period=40s"));
    }
}

TEST_CASE("a pickle of plain values is read, and nothing of any other is run") {
    const Pickle pickle(bytes_of(kPlain), "p");
    const auto& items = pickle.root().items;
    REQUIRE(items.size() == 10);
    CHECK(items[0]->number == -1);
    CHECK(items[1]->number == 300);
    CHECK(items[2]->number == 70000);
    CHECK(items[3]->number == doctest::Approx(-std::pow(5.0, 30)).epsilon(1e-12));
    CHECK(items[4]->number == 1);
    CHECK(items[5]->kind == Pickle::Value::Kind::kNone);
    for (std::size_t i = 1; i <= 4; ++i) {
        CHECK(items[5 + i]->items.size() == i);
    }
    CHECK(refusal([] { (void)Pickle(bytes_of(kCall), "p"); }) ==
          "p: byte 2: posix system is imported, which is not run");
    const std::string whole = bytes_of(kLives[1]);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(refusal([&] { (void)Pickle(whole.substr(0, length), "p"); }) != "taken");
    }
}

TEST_CASE("FLHetBench's timers: times since the beginning of each trace, again and again") {
    const Converted made = from_flhetbench(
        R"({"a": {"isSuccess": true, "trace_start": 100.0, "trace_end": 120.0,
                  "ready_time": [[100.0, 105.0], [110, 115]]},
            "b": {"isSuccess": false, "trace_start": null, "trace_end": null, "ready_time": []},
            "c": {"isSuccess": true, "trace_start": 7, "trace_end": 17, "ready_time": [[12, 17]]}})",
        "f");
    CHECK(made.text == "node,on_s,off_s\n0,0,5\n0,10,15\n1,5,10\n1,15,20\n");
    CHECK(refusal([] { (void)from_flhetbench("[]", "f"); }) == "f: no JSON object of clients");
}

TEST_CASE("WonderNetwork's pings make a matrix without gaps, of half the mean round trips") {
    const Converted made = from_wondernetwork(
        "\"source\",\"destination\",\"timestamp\",\"min\",\"avg\",\"max\",\"mdev\"\n"
        "\"1\",\"2\",\"2020-07-19 00:00:00\",\"9\",\"10\",\"11\",\"0.1\"\n"
        "\"2\",\"1\",\"2020-07-19 00:00:00\",\"9\",\"14\",\"11\",\"0.1\"\n"
        "\"2\",\"5\",\"2020-07-19 00:00:00\",\"9\",\"30\",\"11\",\"0.1\"\n"
        "\"1\",\"5\",\"2020-07-19 00:00:00\",\"9\",\"40\",\"11\",\"0.1\"\n"
        "\"1\",\"1\",\"2020-07-19 00:00:00\",\"0\",\"0.5\",\"1\",\"0.1\"\n"
        "\"9\",\"1\",\"2020-07-19 00:00:00\",\"0\",\"7\",\"1\",\"0.1\"\n",
        "f");
    CHECK(made.text ==
          "0.2500ms 6.0000ms 20.0000ms\n6.0000ms 0.0000ms 15.0000ms\n20.0000ms 15.0000ms "
          "0.0000ms\n");
    CHECK(made.notes.starts_with("3 of 4 servers"));
    CHECK(refusal([] { (void)from_wondernetwork("source,avg\n", "f"); }) ==
          "f: line 1: no column 'destination'");
}

TEST_CASE("a Mahimahi trace makes rates of bins, and none where no packet leaves") {
    const Converted made = from_mahimahi("10\n50\n301\n350\n", "f");
    CHECK(made.text == "time,rate\n0ms,240000bps\n100ms,down\n300ms,480000bps\n");
    CHECK(refusal([] {
              (void)from_mahimahi("5\n3\n", "f");
          }).starts_with("f: line 2: got '3', allowed"));
}

/// Runs the program with words of a shell; returns its exit code.
int run(const std::string& words) {
    const std::string program = test::shell_word(test::built_program("convert"));
    return WEXITSTATUS(std::system((program + ' ' + words).c_str()));
}

TEST_CASE("the program prints its usage where it is asked for, and refuses what is wrong") {
    const test::TemporaryFolder folder;
    const std::string out = test::shell_word(folder.path() / "out");
    const std::string file = test::shell_word(folder.path() / "trace");
    folder.write("trace", "10\n50\n");
    CHECK(run("--help >" + out + " 2>/dev/null") == 0);
    for (const std::string& kind : kinds()) {
        CHECK(folder.read("out").find(kind) != std::string::npos);
    }
    CHECK(run("mahimahi " + file + " >" + out + " 2>/dev/null") == 0);
    CHECK(folder.read("out") == "time,rate\n0ms,480000bps\n");
    CHECK(run("mahimahi >/dev/null 2>&1") == 2);
    CHECK(run("fedscale " + file + " >/dev/null 2>&1") == 2);
    CHECK(run("mahimahi " + test::shell_word(folder.path() / "none") + " >/dev/null 2>&1") == 2);
    CHECK(run("mahimahi " + file + " >/dev/full 2>/dev/null") == 1);
    CHECK(run("mahimahi " + file + " >&- 2>&-") == 0);  // nobody reads, as of other programs
}

TEST_CASE("an unknown kind is refused with those there are") {
    CHECK(refusal([] { (void)convert("fedscalee", "", "f"); }).find("fedscale") !=
          std::string::npos);
}

}  // namespace
}  // namespace murmur::convert
