#include "tools/sweep/request.h"

#include "tests/support/doctest.h"

#include <cstdlib>
#include <stdexcept>

namespace murmur::sweep {
namespace {

using Texts = std::vector<std::string>;

void check_refused(const Texts& arguments, const char* message) {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(parse_request(arguments)), message, std::invalid_argument);
}

void check_values_refused(const char* text, const char* message) {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(expand_values("x", text)), message, std::invalid_argument);
}

TEST_CASE("values are cut at commas, ranges are counted out") {
    CHECK(expand_values("x", "ring") == Texts{"ring"});
    CHECK(expand_values("x", "ring,regular:5,full") == Texts{"ring", "regular:5", "full"});
    CHECK(expand_values("x", "1..3") == Texts{"1", "2", "3"});
    CHECK(expand_values("x", "7,1..2,-1..0") == Texts{"7", "1", "2", "-1", "0"});
    CHECK(expand_values("x", "5..5") == Texts{"5"});
    CHECK(expand_values("x", "9223372036854775806..9223372036854775807") ==
          Texts{"9223372036854775806", "9223372036854775807"});
}

TEST_CASE("what only looks like a range is a value") {
    CHECK(expand_values("x", "file:../a,../b,0.1..0.3") == Texts{"file:../a", "../b", "0.1..0.3"});
    CHECK(expand_values("x", "{1..3}") == Texts{"1..3"});
}

TEST_CASE("a key belongs to the value before it") {
    CHECK(expand_values("x", "synthetic:train=3000,test=600") ==
          Texts{"synthetic:train=3000,test=600"});
    CHECK(expand_values("x", "jwins,top-k:alpha=0.1,accumulation=averaging,full") ==
          Texts{"jwins", "top-k:alpha=0.1,accumulation=averaging", "full"});
    CHECK(expand_values("x", "modelled:1ms,jitter=0.1,modelled:2ms,jitter=0.1") ==
          Texts{"modelled:1ms,jitter=0.1", "modelled:2ms,jitter=0.1"});
    CHECK(expand_values("x", "a=1") == Texts{"a=1"});
    CHECK(expand_values("x", "file:a=b,file:c=d") == Texts{"file:a=b", "file:c=d"});
}

TEST_CASE("a key that the value before has already begins another value") {
    CHECK(expand_values("attack", "nodes=0:nan,nodes=1:nan") ==
          Texts{"nodes=0:nan", "nodes=1:nan"});
    CHECK(expand_values("attack", "nodes=0,3-5:alie:z=1,nodes=1:alie:z=2") ==
          Texts{"nodes=0,3-5:alie:z=1", "nodes=1:alie:z=2"});
    CHECK(expand_values("energy", "idle=1W,idle=2W") == Texts{"idle=1W", "idle=2W"});
    CHECK(expand_values("energy", "idle=1W,train=5W,idle=2W,train=6W") ==
          Texts{"idle=1W,train=5W", "idle=2W,train=6W"});
    CHECK(expand_values("timeline", "nodes=0,nodes=3,4,from=1s") ==
          Texts{"nodes=0", "nodes=3,4,from=1s"});
    CHECK(expand_values("energy", "{idle=1W,train=5W},idle=2W") ==
          Texts{"idle=1W,train=5W", "idle=2W"});
    // What stands behind another colon or assignment is another thing's key.
    CHECK(expand_values("aggregation", "nnm:f=1,then=krum:m=2,f=1,median") ==
          Texts{"nnm:f=1,then=krum:m=2,f=1", "median"});
    CHECK(expand_values("clock", "first:3:modelled:1ms,jitter=0.1,rest:modelled:2ms,jitter=0.2") ==
          Texts{"first:3:modelled:1ms,jitter=0.1,rest:modelled:2ms,jitter=0.2"});
}

TEST_CASE("a share of a sweep, and Slurm's variables") {
    const auto request =
        parse_request(Texts{"bin/dpsgd", "--seed=1..9", "--part=2/4", "--out=runs"});
    REQUIRE(request.part);
    CHECK(request.part->number == 2);
    CHECK(request.part->count == 4);
    check_refused({"p", "--out=o", "--part=5/4"},
                  "sweep: --part=5/4, allowed I/N with 1 <= I <= N, such as 2/8");
    check_refused({"p", "--out=o", "--part=2"},
                  "sweep: --part=2, allowed I/N with 1 <= I <= N, such as 2/8");
    CHECK_FALSE(part_of_slurm());
    setenv("SLURM_ARRAY_TASK_ID", "7", 1);
    setenv("SLURM_ARRAY_TASK_MIN", "3", 1);
    setenv("SLURM_ARRAY_TASK_MAX", "11", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "4", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "3", 1);
    const auto part = part_of_slurm();
    // Of an array 3,7,9,11 with gaps nobody says what it was.
    setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
    check_refused({"p", "--out=o"},
                  "sweep: SLURM_ARRAY_TASK_COUNT=4 is not the 3 tasks of 3-11:4, so this task's "
                  "part is unknown; say it: --part=I/N");
    CHECK(parse_request(Texts{"p", "--out=o", "--part=2/4"}).part->count == 4);
    unsetenv("SLURM_ARRAY_TASK_COUNT");
    unsetenv("SLURM_ARRAY_TASK_STEP");
    setenv("SLURM_ARRAY_TASK_ID", "12", 1);
    check_refused({"p", "--out=o"}, "sweep: SLURM_ARRAY_TASK_ID=12 is none of 3-11:1");
    unsetenv("SLURM_ARRAY_TASK_ID");
    unsetenv("SLURM_ARRAY_TASK_MIN");
    unsetenv("SLURM_ARRAY_TASK_MAX");
    REQUIRE(part);
    CHECK(part->number == 2);
    CHECK(part->count == 3);
}

TEST_CASE("lists of nodes and assignments stay one value") {
    using Values = std::vector<std::string>;
    CHECK(expand_values("timeline", "nodes=0,3-5") == Values{"nodes=0,3-5"});
    CHECK(expand_values("timeline", "nodes=0,3-5,from=1s,to=2s") ==
          Values{"nodes=0,3-5,from=1s,to=2s"});
    CHECK(expand_values("save-models", "best,final,nodes=0,3") ==
          Values{"best", "final,nodes=0,3"});
    CHECK(expand_values("attack", "nodes=0,3-5:nan,0.2:alie") ==
          Values{"nodes=0,3-5:nan", "0.2:alie"});
    CHECK(expand_values("speed", "1,first:3:0.2,next:1:0.5,rest:1,2") ==
          Values{"1", "first:3:0.2,next:1:0.5,rest:1", "2"});
    CHECK(expand_values("rate", "1Mbps,2Mbps") == Values{"1Mbps", "2Mbps"});
}

TEST_CASE("braces keep commas together") {
    CHECK(expand_values("x", "{top-k:alpha=0.1,accumulation=averaging},full") ==
          Texts{"top-k:alpha=0.1,accumulation=averaging", "full"});
    CHECK(expand_values("x", "{a,{b,c}}") == Texts{"a,{b,c}"});
    CHECK(expand_values("x", "mlp{1,2},{a}-{b}") == Texts{"mlp{1,2}", "{a}-{b}"});
}

TEST_CASE("values that cannot be meant are refused") {
    check_values_refused("", "sweep: --x= has an empty value");
    check_values_refused("a,,b", "sweep: --x=a,,b has an empty value");
    check_values_refused("a,b,a", "sweep: --x=a,b,a names a twice");
    check_values_refused("1..3,2", "sweep: --x=1..3,2 names 2 twice");
    check_values_refused("3..1", "sweep: --x=3..1 counts down; write the smaller number first");
    check_values_refused("0..100000", "sweep: --x=0..100000 has more than 100000 members");
    check_values_refused("-9223372036854775808..9223372036854775807",
                         "sweep: --x=-9223372036854775808..9223372036854775807 has more than "
                         "100000 members");
    check_values_refused("{a,b", "sweep: --x={a,b has an unmatched brace");
    check_values_refused("a},{b", "sweep: --x=a},{b has an unmatched brace");
}

TEST_CASE("a request keeps scenario options apart from the sweep's own") {
    const auto request = parse_request(
        Texts{"bin/dpsgd", "--seed=1..2", "--verbose", "--out=runs", "--jobs=3", "--overwrite"});
    CHECK(request.program == "bin/dpsgd");
    CHECK(request.out == "runs");
    CHECK(request.jobs == 3);
    CHECK(request.overwrite);
    REQUIRE(request.options.size() == 2);
    CHECK(request.options[0].name == "seed");
    CHECK(request.options[0].values == Texts{"1", "2"});
    CHECK(request.options[1].name == "verbose");
    CHECK(request.options[1].values.empty());
}

TEST_CASE("a malformed command line is refused") {
    check_refused({}, "sweep: which scenario? usage: sweep PROGRAM --name=values... --out=DIR");
    check_refused({"p"},
                  "sweep: --out=DIR is missing: the folder that keeps the runs and sweep.csv");
    check_refused({"p", "nodes=3"}, "sweep: 'nodes=3' is not of the form --name=value");
    check_refused({"p", "--=3"}, "sweep: '--=3' is not of the form --name=value");
    check_refused({"p", "--"}, "sweep: '--' is not of the form --name=value");
    check_refused({"p", "--a=1", "--a=2"},
                  "sweep: --a is given twice; write --a=a,b, and braces in quotes: '--a={a,b}'");
    check_refused({"p", "--out=a,b"}, "sweep: --out takes one value, got 2");
    check_refused({"p", "--out"}, "sweep: --out takes one value, got 0");
    check_refused({"p", "--jobs=0"}, "sweep: --jobs=0 is not a number of runs, 1 or more");
    check_refused({"p", "--jobs=many"}, "sweep: --jobs=many is not a number of runs, 1 or more");
    check_refused({"p", "--print-slurm=4,8"}, "sweep: --print-slurm takes one value, got 2");
    check_refused({"p", "--print-slurm=0"},
                  "sweep: --print-slurm=0 is not a number of parts, 1 or more");
    CHECK(parse_request(Texts{"p", "--print-slurm", "--out=o"}).slurm == 0);
    CHECK(parse_request(Texts{"p", "--print-slurm=4", "--out=o"}).slurm == 4);
    check_refused({"p", "--out=o", "--print-slurm=4", "--part=1/4"},
                  "sweep: --part with --print-slurm: the script says itself which part each of its "
                  "tasks is");
    check_refused({"p", "--out=o", "--overwrite", "--print-slurm"},
                  "sweep: --overwrite with --print-slurm: a task that Slurm requeues would begin "
                  "all over; choose another --out");
    check_refused({"p", "--ranks=2"},
                  "sweep: --ranks is of ./murmur run; a run of a sweep is one process: allowed "
                  "--jobs=N, runs at a time, and --workers=N, threads of each");
    check_refused({"p", "--quiet"}, "sweep: --quiet is for a single run; a sweep sets it itself");
    check_refused({"p", "--check"}, "sweep: --check is for a single run; a sweep sets it itself");
}

}  // namespace
}  // namespace murmur::sweep
