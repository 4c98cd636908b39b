// SPDX-License-Identifier: Apache-2.0
// A WatchService on the directory, as in the loops of the JDK's tutorial. The tutorial's filter
// compares the event's name with the file's; what Spring Boot's and Micronaut's watchers had to
// learn is that a config volume only ever says "..data".

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;

public class WatchDirectory {
  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[0]);
    Path wanted = Path.of(arguments[1]); // the file's name, or ..data
    Files.readAllBytes(file);
    WatchService watcher = file.getFileSystem().newWatchService();
    file.getParent()
        .register(
            watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
    System.out.println("ready");
    while (true) {
      WatchKey key = watcher.take();
      for (WatchEvent<?> event : key.pollEvents()) {
        if (wanted.equals(event.context())) {
          Files.readAllBytes(file);
        }
      }
      key.reset();
    }
  }
}
