#include "tests/support/nginx_server.h"

#include <array>
#include <csignal>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::tests {
namespace {

// A listening socket on a free port, inherited by children.
int Listen(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  WEIR_CHECK(listen(fd, 511) == 0);
  socklen_t length = sizeof(address);
  WEIR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

std::string Configuration(const std::string& dir, const std::string& listen,
                          const std::string& server) {
  return fmt::format(
      "daemon off;\nworker_processes 1;\nerror_log {0}/error.log;\npid {0}/pid;\n"
      "events {{ worker_connections 256; }}\n"
      "http {{\n  access_log off;\n  client_body_temp_path {0}/b;\n  proxy_temp_path {0}/p;\n"
      "  fastcgi_temp_path {0}/f;\n  uwsgi_temp_path {0}/u;\n  scgi_temp_path {0}/s;\n"
      "  client_max_body_size 100m;\n"
      "  server {{\n    listen {1};\n    root {0}/www;\n    {2}\n  }}\n}}\n",
      dir, listen, server);
}

}  // namespace

NginxServer::NginxServer(const std::string& listen, const std::string& server) {
  const int fd = Listen(port_);
  const std::string config = dir_.Write(
      "nginx.conf",
      Configuration(dir_.path().string(), fmt::format("127.0.0.1:{} {}", port_, listen), server));
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::others_all,
                               std::filesystem::perm_options::add);
  std::filesystem::create_directory(dir_.path() / "www");
  std::string program = "/usr/sbin/nginx";
  std::string prefix = dir_.path().string();
  std::string config_path = config;
  std::string dash_p = "-p";
  std::string dash_c = "-c";
  std::array<char*, 6> arguments = {program.data(), dash_p.data(),      prefix.data(),
                                    dash_c.data(),  config_path.data(), nullptr};
  // How nginx hands its sockets to its successor.
  std::string inherited = fmt::format("NGINX={};", fd);
  std::array<char*, 2> environment = {inherited.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  WEIR_CHECK(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(),
                         environment.data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(fd);
}

// A signal that comes while nginx starts is noted, and then it waits for the next one.
NginxServer::~NginxServer() {
  constexpr int kPatienceMs = 100;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  WEIR_CHECK(handle >= 0);
  pollfd ended{handle, POLLIN, 0};
  do {
    kill(pid_, SIGTERM);
  } while (poll(&ended, 1, kPatienceMs) == 0);
  close(handle);
  int status = 0;
  waitpid(pid_, &status, 0);
}

void NginxServer::Serve(const std::string& name, const std::string& bytes) const {
  dir_.Write("www/" + name, bytes);
}

}  // namespace weir::tests
