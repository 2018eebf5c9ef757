#pragma once

#include "emulator/tasks/task_graph.h"
#include "learning/parameters.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace murmur {

/// A task that waits for its turn on a device: everything of it but when it starts.
struct Work {
    Cost cost{};
    std::size_t output_bytes = 0;
    bool has_inputs = true;  ///< none of its handles is empty
    /// Submits the task and returns its output, or one of several.
    std::function<AnyHandle(TaskGraph& graph, const TaskDescription& description)> submit;
    /// Runs when the task completes in simulated time.
    std::function<void()> complete = [] {};
};

/// Makes work of a task's function and inputs, as `TaskGraph::submit` takes them.
/// @param model_bytes  what a vector of parameters takes, for work that makes one
/// @param done         gets what `submit` returns when the work completes in simulated time
template <class F, class OnDone, class... Inputs>
[[nodiscard]] Work make_work(
    const Cost& cost, std::size_t model_bytes, F function, OnDone done, Inputs... inputs) {
    using Output = decltype(std::declval<TaskGraph&>().submit(
        std::declval<const TaskDescription&>(), std::move(function), std::move(inputs)...));
    constexpr bool kMakesModel =
        std::is_same_v<Output, Handle<Parameters>> ||
        std::is_same_v<Output, std::pair<Handle<Parameters>, Handle<double>>>;
    const auto output = std::make_shared<std::optional<Output>>();
    Work work{.cost = cost, .output_bytes = kMakesModel ? model_bytes : 0, .submit = {}};
    work.has_inputs = (tasks::is_there(inputs) && ...);
    work.submit = [output, function = std::move(function), ... inputs = std::move(inputs)](
                      TaskGraph& graph, const TaskDescription& description) mutable -> AnyHandle {
        // Moved: once it has run, a task holds on to nothing, and so must what submitted it.
        output->emplace(graph.submit(description, std::move(function), std::move(inputs)...));
        if constexpr (requires { (*output)->first; }) {
            return (*output)->first;
        } else {
            return **output;
        }
    };
    work.complete = [output, done = std::move(done)]() mutable {
        // Moved: whether an input is kept alive is up to `done`.
        std::optional<Output> made = std::exchange(*output, std::nullopt);
        if constexpr (requires { made->first; }) {
            done(std::move(made->first), std::move(made->second));
        } else {
            done(std::move(*made));
        }
    };
    return work;
}

}  // namespace murmur
