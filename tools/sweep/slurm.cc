#include "tools/sweep/slurm.h"

#include "tools/text/shell_word.h"

#include <fmt/format.h>

#include <filesystem>

namespace murmur::sweep {

std::string slurm_script(std::span<const std::string> arguments,
                         const std::string& out,
                         std::size_t parts) {
    std::string command = shell_word(std::filesystem::read_symlink("/proc/self/exe").string());
    command += ' ' + shell_word(std::filesystem::absolute(arguments.front()).string());
    for (const std::string& argument : arguments.subspan(1)) {
        if (!argument.starts_with("--print-slurm")) {
            command += ' ' + shell_word(argument);
        }
    }
    // For the shell to expand.  Not left to the sweep, which would take the tasks that are
    // submitted for all there are: of `sbatch --array=3`, part 1 of 1.
    command += fmt::format(" --part=\"$SLURM_ARRAY_TASK_ID/{}\"", parts);
    return fmt::format(
        "#!/bin/bash\n"
        "# Submit with sbatch; when all parts have ended: ./murmur sweep merge {0}\n"
        "#SBATCH --job-name=murmur-sweep\n"
        "#SBATCH --array=1-{1}\n"
        "#SBATCH --cpus-per-task=4\n"
        "#SBATCH --signal=B:TERM@60\n"
        "#SBATCH --requeue\n"
        "#SBATCH --open-mode=append\n"
        "# Each task runs its share of the runs; one that is started again goes on, also by "
        "itself:\n"
        "# sbatch --array=3 for the third.\n"
        "cd {2} || exit 2\n"
        "exec {3}\n",
        shell_word(out),
        parts,
        shell_word(std::filesystem::current_path().string()),
        command);
}

}  // namespace murmur::sweep
