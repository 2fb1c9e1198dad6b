#include "cli/git.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

extern char** environ;

namespace weir::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 1'000'000;

// The read end of what a child writes; closed when it goes.
class Pipe {
 public:
  Pipe() { made_ = pipe2(ends_.data(), O_CLOEXEC) == 0; }

  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  ~Pipe() {
    CloseWriting();
    if (made_) {
      close(ends_[0]);
    }
  }

  bool made() const { return made_; }

  int writing() const { return ends_[1]; }

  void CloseWriting() {
    if (made_ && ends_[1] >= 0) {
      close(ends_[1]);
      ends_[1] = -1;
    }
  }

  std::string ReadAll() const {
    std::string text;
    std::array<char, 4096> part{};
    while (text.size() < kAnswerBytesMax) {
      const ssize_t got = read(ends_[0], part.data(), part.size());
      if (got > 0) {
        text.append(part.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        break;
      }
    }
    return text;
  }

 private:
  std::array<int, 2> ends_ = {-1, -1};
  bool made_ = false;
};

struct GitAnswer {
  int exit_code = -1;
  std::string text;  ///< Both streams.
};

// No shell is between: an argument is an argument, whatever is in it.
Result<GitAnswer> Git(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "git");
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  Pipe pipe;
  if (!pipe.made()) {
    return Internal(fmt::format("cannot ask git: {}", std::strerror(errno)));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe.writing(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe.writing(), STDERR_FILENO);
  pid_t child = 0;
  const int spawned = posix_spawnp(&child, "git", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return UsageError(fmt::format(
        "cannot start git: {}\n  hint: install git, or name the baseline with build:COMMIT",
        std::strerror(spawned)));
  }
  pipe.CloseWriting();
  GitAnswer answer;
  answer.text = pipe.ReadAll();
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return answer;
}

std::vector<std::string> WordsOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

Result<std::vector<std::string>> MergeBaseAndBefore(const std::string& branch,
                                                    std::size_t commits_max) {
  const auto refused = [&](const std::string& words) {
    return UsageError(fmt::format(
        "git knows no merge base of HEAD and '{}': {}\n  hint: fetch the branch with its history "
        "(a shallow clone has none), or name the baseline with build:COMMIT",
        Printable(branch), Printable(words.empty() ? "they have no common commit" : words, 300)));
  };
  if (branch.empty() || branch.starts_with('-')) {
    return refused("that is no name of a branch");
  }
  const Result<GitAnswer> base = Git({"merge-base", "HEAD", branch});
  if (!base) {
    return tl::unexpected(base.error());
  }
  const std::vector<std::string> found = WordsOf(base->text);
  if (base->exit_code != 0 || found.empty()) {
    return refused(base->text.substr(0, base->text.find('\n')));
  }
  const Result<GitAnswer> before =
      Git({"rev-list", "--first-parent", fmt::format("--max-count={}", commits_max), found[0]});
  if (!before) {
    return tl::unexpected(before.error());
  }
  return before->exit_code == 0 ? WordsOf(before->text) : found;
}

}  // namespace weir::cli
