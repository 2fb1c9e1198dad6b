#include "tests/cli/weir_process.h"

#include <array>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::cli {
pid_t WeirDirectory::Start(const std::vector<std::string>& arguments) const {
  const std::string program = std::filesystem::absolute(WEIR_PROGRAM).string();
  std::vector<std::string> words = {"weir"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  // No WEIR_STORE of the caller, and no colours.
  std::string path = "PATH=/usr/bin:/bin";
  std::array<char*, 2> environment = {path.data(), nullptr};

  // Files, so that nothing blocks however much is said.
  const std::string name = fmt::format(".said-{}", started_++);
  const std::string out = name + ".out";
  const std::string err = name + ".err";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, dir_.path().c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), kFlags, 0600);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << "cannot start " << program;
  names_[pid] = name;
  return pid;
}

Said WeirDirectory::Wait(pid_t pid) const {
  Said said;
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  said.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  said.out = Read(names_[pid] + ".out");
  said.err = Read(names_[pid] + ".err");
  return said;
}

Said WeirDirectory::Weir(const std::vector<std::string>& arguments) const {
  return Wait(Start(arguments));
}

// Bound and never listened on, so that the kernel refuses and gives the port to nobody else.
DeadPort::DeadPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
  port_ = ntohs(address.sin_port);
}

DeadPort::~DeadPort() {
  close(fd_);
}

std::string DeadPort::Url() const {
  return fmt::format("http://127.0.0.1:{}/", port_);
}

}  // namespace weir::cli
